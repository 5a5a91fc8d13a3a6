-- Rows that the cache does not have yet, in order.
CREATE INDEX outbox_for_cache ON outbox (cache_at, id);

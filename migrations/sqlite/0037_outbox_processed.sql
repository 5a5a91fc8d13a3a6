-- Rows that may be removed, and those that may not.
CREATE INDEX outbox_processed ON outbox (processed_at, id);

-- Rows that the shop's actors and snapshots do not have yet, in order.
CREATE INDEX outbox_for_shop ON outbox (id) WHERE shop_at IS NULL;

-- Rows that the broker does not have yet, in order.
CREATE INDEX outbox_for_events ON outbox (id) WHERE events_at IS NULL;

-- Rows that the broker does not have yet, in order.
CREATE INDEX outbox_for_events ON outbox (events_at, id);

-- Rows that a person has to look at, and what waits behind them.
CREATE INDEX outbox_parked ON outbox (aggregate, id) WHERE parked_at IS NOT NULL;

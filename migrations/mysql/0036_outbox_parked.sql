-- Rows that a person has to look at, and what waits behind them.
CREATE INDEX outbox_parked ON outbox (parked_at, aggregate);

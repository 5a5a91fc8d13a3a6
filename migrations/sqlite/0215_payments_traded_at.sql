-- When the channel says that it was paid.
ALTER TABLE payments ADD COLUMN traded_at INTEGER NULL;

-- Pieces refunded, before or after they were sent.
ALTER TABLE order_items ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0;

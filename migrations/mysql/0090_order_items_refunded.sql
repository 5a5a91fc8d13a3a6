-- Pieces refunded, before or after they were sent.
ALTER TABLE order_items ADD COLUMN refunded INT NOT NULL DEFAULT 0;

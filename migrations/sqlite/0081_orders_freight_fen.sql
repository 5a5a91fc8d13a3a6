-- For sending it.
ALTER TABLE orders ADD COLUMN freight_fen INTEGER NOT NULL DEFAULT 0;

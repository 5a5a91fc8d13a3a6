-- For sending it.
ALTER TABLE orders ADD COLUMN freight_fen BIGINT NOT NULL DEFAULT 0;

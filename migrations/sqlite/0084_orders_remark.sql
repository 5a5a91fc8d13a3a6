-- What the shopper wanted to be known.
ALTER TABLE orders ADD COLUMN remark TEXT NULL CHECK (length(remark) <= 200);

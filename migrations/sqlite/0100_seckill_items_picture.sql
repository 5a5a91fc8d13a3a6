-- The address of the product's first picture when the sale was planned, if it had one.
ALTER TABLE seckill_items ADD COLUMN picture TEXT NULL CHECK (length(picture) <= 500);

-- The SKU's spec when the sale was planned.
ALTER TABLE seckill_items ADD COLUMN spec TEXT NULL CHECK (length(spec) <= 255);

-- The product's name when the sale was planned: what its orders keep, whatever the product is called later. NULL: planned by an older release.
ALTER TABLE seckill_items ADD COLUMN title VARCHAR(255) NULL;

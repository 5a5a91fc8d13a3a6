-- The address of the picture, as it was.
ALTER TABLE order_items ADD COLUMN picture VARCHAR(500) NULL;

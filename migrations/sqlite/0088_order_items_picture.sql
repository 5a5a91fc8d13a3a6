-- The address of the picture, as it was.
ALTER TABLE order_items ADD COLUMN picture TEXT NULL CHECK (length(picture) <= 500);

-- Pieces sent in parcels.
ALTER TABLE order_items ADD COLUMN shipped INT NOT NULL DEFAULT 0;

-- Pieces sent in parcels.
ALTER TABLE order_items ADD COLUMN shipped INTEGER NOT NULL DEFAULT 0;

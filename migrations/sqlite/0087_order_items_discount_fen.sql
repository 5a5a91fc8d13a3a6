-- This line's share of the order's discount.
ALTER TABLE order_items ADD COLUMN discount_fen INTEGER NOT NULL DEFAULT 0;

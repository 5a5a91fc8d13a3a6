-- This line's share of the order's discount.
ALTER TABLE order_items ADD COLUMN discount_fen BIGINT NOT NULL DEFAULT 0;

-- 1: its lines were the selected ones of the shopper's cart.
ALTER TABLE orders ADD COLUMN from_cart TINYINT NOT NULL DEFAULT 0;

-- 1: it was placed as a basket, whose lines were frozen when it was placed.
ALTER TABLE orders ADD COLUMN is_basket INTEGER NOT NULL DEFAULT 0;

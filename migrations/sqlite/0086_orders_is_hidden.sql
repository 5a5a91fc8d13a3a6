-- 1: its owner does not want to see it any more.
ALTER TABLE orders ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;

-- 1: its owner does not want to see it any more.
ALTER TABLE orders ADD COLUMN is_hidden TINYINT NOT NULL DEFAULT 0;

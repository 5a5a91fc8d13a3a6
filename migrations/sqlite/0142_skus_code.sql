-- The merchant's own number.
ALTER TABLE skus ADD COLUMN code TEXT NULL CHECK (length(code) <= 64);

-- The merchant's own number.
ALTER TABLE skus ADD COLUMN code VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

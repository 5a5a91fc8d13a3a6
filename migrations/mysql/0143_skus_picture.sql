-- Address of its own picture.
ALTER TABLE skus ADD COLUMN picture VARCHAR(500) NULL;

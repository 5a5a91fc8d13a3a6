-- Address of its own picture.
ALTER TABLE skus ADD COLUMN picture TEXT NULL CHECK (length(picture) <= 500);

-- Of a piece as it is sent; 0 if nobody has said.
ALTER TABLE skus ADD COLUMN volume_cm3 INTEGER NOT NULL DEFAULT 0;

-- What the shopper wanted to be known.
ALTER TABLE orders ADD COLUMN remark VARCHAR(200) NULL;

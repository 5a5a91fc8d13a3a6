-- Its value of each of the product's specs, in their order: a list of texts.
ALTER TABLE skus ADD COLUMN spec_values JSON NULL;

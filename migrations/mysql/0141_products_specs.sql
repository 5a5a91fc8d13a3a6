-- What its SKUs differ in: a list of {"name", "values"}.
ALTER TABLE products ADD COLUMN specs JSON NULL;

-- All descendants of a category.
CREATE INDEX categories_below_a_path ON categories (path);

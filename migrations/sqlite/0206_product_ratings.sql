-- What a product's shown reviews add up to; changes in the transaction of the review.
CREATE TABLE IF NOT EXISTS product_ratings (
    product_id INTEGER PRIMARY KEY,
    reviews_count INTEGER NOT NULL DEFAULT 0,
    stars_sum INTEGER NOT NULL DEFAULT 0,
    stars_1 INTEGER NOT NULL DEFAULT 0,
    stars_2 INTEGER NOT NULL DEFAULT 0,
    stars_3 INTEGER NOT NULL DEFAULT 0,
    stars_4 INTEGER NOT NULL DEFAULT 0,
    stars_5 INTEGER NOT NULL DEFAULT 0,
    pictures_count INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL
) STRICT;

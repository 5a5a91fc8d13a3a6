-- What a product's shown reviews add up to; changes in the transaction of the review.
CREATE TABLE IF NOT EXISTS product_ratings (
    product_id BIGINT PRIMARY KEY,
    reviews_count BIGINT NOT NULL DEFAULT 0,
    stars_sum BIGINT NOT NULL DEFAULT 0,
    stars_1 BIGINT NOT NULL DEFAULT 0,
    stars_2 BIGINT NOT NULL DEFAULT 0,
    stars_3 BIGINT NOT NULL DEFAULT 0,
    stars_4 BIGINT NOT NULL DEFAULT 0,
    stars_5 BIGINT NOT NULL DEFAULT 0,
    pictures_count BIGINT NOT NULL DEFAULT 0,
    updated_at DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

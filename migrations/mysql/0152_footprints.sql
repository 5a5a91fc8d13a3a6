-- Products that a shopper has looked at, the last 100; written behind, a second later at most.
CREATE TABLE IF NOT EXISTS footprints (
    user_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    viewed_at DATETIME(3) NOT NULL,
    PRIMARY KEY (user_id, product_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Products that a shopper wants to find again. No foreign keys: they would wait for the product's row, which the projection writes.
CREATE TABLE IF NOT EXISTS favorites (
    user_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    PRIMARY KEY (user_id, product_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

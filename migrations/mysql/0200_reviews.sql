-- What shoppers say about what they have received; status 1 waits for moderation, 2 shown, 3 hidden. order_id is NULL for reviews that were
-- taken over from elsewhere. No foreign keys: they would wait for rows that the projection writes.
CREATE TABLE IF NOT EXISTS reviews (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    order_id BIGINT NULL,
    sku_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    sku_spec VARCHAR(255) NOT NULL,
    stars TINYINT NOT NULL,
    content VARCHAR(500) NULL,
    pictures JSON NULL,
    has_pictures TINYINT NOT NULL DEFAULT 0,
    is_anonymous TINYINT NOT NULL DEFAULT 0,
    status TINYINT NOT NULL,
    reply VARCHAR(500) NULL,
    replied_at DATETIME(3) NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    CHECK (stars BETWEEN 1 AND 5),
    CHECK (status IN (1, 2, 3)),
    UNIQUE (order_id, sku_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

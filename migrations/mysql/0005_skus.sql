-- What is counted. version is the last journal record in the counts; a product without specs has one SKU with an empty spec.
CREATE TABLE skus (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    product_id BIGINT NOT NULL,
    spec VARCHAR(255) NOT NULL DEFAULT '',
    price_fen BIGINT NOT NULL,
    price DECIMAL(10,2) GENERATED ALWAYS AS (price_fen / 100) VIRTUAL,
    available BIGINT NOT NULL DEFAULT 0,
    held BIGINT NOT NULL DEFAULT 0,
    sold BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 0,
    status TINYINT NOT NULL DEFAULT 1,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CHECK (price_fen BETWEEN 0 AND 9999999999),
    CHECK (available >= 0 AND held >= 0 AND sold >= 0),
    FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- What cases are about, with names as they were in the order; refunded_fen once the money went back.
CREATE TABLE IF NOT EXISTS after_sale_lines (
    after_sale_id BIGINT NOT NULL,
    line_no INT NOT NULL,
    sku_id BIGINT NOT NULL,
    product_name VARCHAR(255) NULL,
    sku_spec VARCHAR(255) NULL,
    picture VARCHAR(500) NULL,
    quantity INT NOT NULL,
    unit_price_fen BIGINT NOT NULL,
    expected_fen BIGINT NOT NULL,
    refunded_fen BIGINT NULL,
    CHECK (quantity > 0),
    PRIMARY KEY (after_sale_id, line_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

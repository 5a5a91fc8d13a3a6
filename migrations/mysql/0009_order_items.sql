-- Lines of orders; product_name and sku_spec as they were when the order was stored.
CREATE TABLE order_items (
    order_id BIGINT NOT NULL,
    line_no INT NOT NULL,
    sku_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    product_name VARCHAR(255) NOT NULL,
    sku_spec VARCHAR(255) NOT NULL,
    seckill_item_id BIGINT NULL,
    quantity INT NOT NULL,
    unit_price_fen BIGINT NOT NULL,
    unit_price DECIMAL(10,2) GENERATED ALWAYS AS (unit_price_fen / 100) VIRTUAL,
    PRIMARY KEY (order_id, line_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

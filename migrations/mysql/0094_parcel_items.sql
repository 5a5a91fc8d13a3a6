-- What is in parcels (projected).
CREATE TABLE IF NOT EXISTS parcel_items (
    order_id BIGINT NOT NULL,
    version INT NOT NULL,
    item_no INT NOT NULL,
    sku_id BIGINT NOT NULL,
    quantity INT NOT NULL,
    PRIMARY KEY (order_id, version, item_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

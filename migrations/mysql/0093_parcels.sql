-- Parcels of orders (projected).
CREATE TABLE IF NOT EXISTS parcels (
    order_id BIGINT NOT NULL,
    version INT NOT NULL,
    key_hash BINARY(16) NOT NULL,
    carrier VARCHAR(32) NOT NULL,
    tracking_no VARCHAR(64) NOT NULL,
    shipped_at DATETIME(3) NOT NULL,
    PRIMARY KEY (order_id, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

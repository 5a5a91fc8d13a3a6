-- What happened to orders after they were placed (projected): version is that which it made; placing made version 1.
CREATE TABLE IF NOT EXISTS order_events (
    order_id BIGINT NOT NULL,
    version INT NOT NULL,
    kind TINYINT NOT NULL,
    happened_at DATETIME(3) NOT NULL,
    data JSON NULL,
    PRIMARY KEY (order_id, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

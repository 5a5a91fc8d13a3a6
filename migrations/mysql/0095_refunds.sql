-- Money that went back (projected).
CREATE TABLE IF NOT EXISTS refunds (
    order_id BIGINT NOT NULL,
    version INT NOT NULL,
    refund_id BIGINT NOT NULL,
    freight_fen BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL,
    restock TINYINT NOT NULL,
    refunded_at DATETIME(3) NOT NULL,
    PRIMARY KEY (order_id, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

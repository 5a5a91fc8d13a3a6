-- How orders were paid (projected).
CREATE TABLE IF NOT EXISTS payments (
    order_id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    channel TINYINT NOT NULL,
    amount_fen BIGINT NOT NULL,
    payer VARCHAR(128) NULL,
    version INT NOT NULL,
    paid_at DATETIME(3) NOT NULL,
    PRIMARY KEY (order_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

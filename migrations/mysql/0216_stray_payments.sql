-- Money that came for orders that did not want it any more, and goes back (projected). Reason: 1 late, 2 double.
CREATE TABLE IF NOT EXISTS stray_payments (
    order_id BIGINT NOT NULL,
    version INT NOT NULL,
    attempt_no TINYINT NOT NULL,
    transaction_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen BIGINT NOT NULL,
    payer VARCHAR(128) NULL,
    reason TINYINT NOT NULL,
    traded_at DATETIME(3) NOT NULL,
    received_at DATETIME(3) NOT NULL,
    PRIMARY KEY (order_id, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Attempts to pay orders through a channel outside the shop (projected). State: 1 open, 2 ended, 3 paid.
CREATE TABLE IF NOT EXISTS payment_attempts (
    order_id BIGINT NOT NULL,
    attempt_no TINYINT NOT NULL,
    trade_no VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state TINYINT NOT NULL,
    started_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    PRIMARY KEY (order_id, attempt_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

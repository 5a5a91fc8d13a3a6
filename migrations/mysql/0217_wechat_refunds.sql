-- Money on its way back through WeChat Pay: a row for each refund and each stray payment. State: 1 wanted, 2 processing, 3 done, 4 abnormal, 5 closed.
CREATE TABLE IF NOT EXISTS wechat_refunds (
    refund_no VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id BIGINT NOT NULL,
    refund_id BIGINT NULL,
    transaction_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    reason TINYINT NOT NULL,
    state TINYINT NOT NULL,
    round INT NOT NULL DEFAULT 0,
    tries INT NOT NULL DEFAULT 0,
    next_at DATETIME(3) NOT NULL,
    problem VARCHAR(255) NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    done_at DATETIME(3) NULL,
    PRIMARY KEY (refund_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

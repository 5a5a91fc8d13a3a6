-- What happened to cases; version is that which it made. kind 1 applied, 2 approved, 3 refused, 4 cancelled, 5 shipped, 6 received,
-- 7 return refused, 8 expired, 9 refunded, 10 refund refused; done_by 1 shopper, 2 merchant, 3 time, 4 order.
CREATE TABLE IF NOT EXISTS after_sale_events (
    after_sale_id BIGINT NOT NULL,
    version INT NOT NULL,
    kind TINYINT NOT NULL,
    done_by TINYINT NOT NULL,
    operator VARCHAR(64) NULL,
    note VARCHAR(200) NULL,
    happened_at DATETIME(3) NOT NULL,
    PRIMARY KEY (after_sale_id, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Days whose bills were compared with the shop's books. bill_day is yyyymmdd; has_bill is 0 for a day on which WeChat Pay had no trade.
CREATE TABLE IF NOT EXISTS payment_reconciliations (
    bill_day INT PRIMARY KEY,
    has_bill TINYINT NOT NULL,
    payments_count BIGINT NOT NULL,
    refunds_count BIGINT NOT NULL,
    fees_fen BIGINT NOT NULL,
    differences_count BIGINT NOT NULL,
    compared_at DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

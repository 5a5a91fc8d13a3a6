-- Bills of WeChat Pay that were fetched; the bills themselves are files in DATA_DIR/bills. bill_day is yyyymmdd. Kind: 1 trades, 2 funds.
CREATE TABLE IF NOT EXISTS payment_bills (
    bill_day INT NOT NULL,
    kind TINYINT NOT NULL,
    sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    byte_count BIGINT NOT NULL,
    fetched_at DATETIME(3) NOT NULL,
    PRIMARY KEY (bill_day, kind)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

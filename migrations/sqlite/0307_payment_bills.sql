-- Bills of WeChat Pay that were fetched; the bills themselves are files in DATA_DIR/bills. bill_day is yyyymmdd. Kind: 1 trades, 2 funds.
CREATE TABLE IF NOT EXISTS payment_bills (
    bill_day INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) <= 64),
    byte_count INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    PRIMARY KEY (bill_day, kind)
) STRICT, WITHOUT ROWID;

-- Money that came for orders that did not want it any more, and goes back (projected). Reason: 1 late, 2 double.
CREATE TABLE IF NOT EXISTS stray_payments (
    order_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    attempt_no INTEGER NOT NULL,
    transaction_id TEXT NOT NULL CHECK (length(transaction_id) <= 32),
    amount_fen INTEGER NOT NULL,
    payer TEXT NULL CHECK (length(payer) <= 128),
    reason INTEGER NOT NULL,
    traded_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, version)
) STRICT, WITHOUT ROWID;

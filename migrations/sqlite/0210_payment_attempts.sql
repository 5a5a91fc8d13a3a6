-- Attempts to pay orders through a channel outside the shop (projected). State: 1 open, 2 ended, 3 paid.
CREATE TABLE IF NOT EXISTS payment_attempts (
    order_id INTEGER NOT NULL,
    attempt_no INTEGER NOT NULL,
    trade_no TEXT NOT NULL CHECK (length(trade_no) <= 32),
    state INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, attempt_no)
) STRICT, WITHOUT ROWID;

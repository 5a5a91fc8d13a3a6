-- How orders were paid (projected).
CREATE TABLE IF NOT EXISTS payments (
    order_id INTEGER NOT NULL,
    payment_id INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL,
    payer TEXT NULL CHECK (length(payer) <= 128),
    version INTEGER NOT NULL,
    paid_at INTEGER NOT NULL,
    PRIMARY KEY (order_id)
) STRICT, WITHOUT ROWID;

-- Money that went back (projected).
CREATE TABLE IF NOT EXISTS refunds (
    order_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    refund_id INTEGER NOT NULL,
    freight_fen INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL,
    restock INTEGER NOT NULL,
    refunded_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, version)
) STRICT, WITHOUT ROWID;

-- What happened to cases; version is that which it made. kind 1 applied, 2 approved, 3 refused, 4 cancelled, 5 shipped, 6 received,
-- 7 return refused, 8 expired, 9 refunded, 10 refund refused; done_by 1 shopper, 2 merchant, 3 time, 4 order.
CREATE TABLE IF NOT EXISTS after_sale_events (
    after_sale_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    done_by INTEGER NOT NULL,
    operator TEXT NULL CHECK (length(operator) <= 64),
    note TEXT NULL CHECK (length(note) <= 200),
    happened_at INTEGER NOT NULL,
    PRIMARY KEY (after_sale_id, version)
) STRICT, WITHOUT ROWID;

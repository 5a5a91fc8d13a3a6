-- The double-entry ledger: what happened to money, written once and never changed (projected, except what no record tells of). Kind: 1 paid,
-- 2 strayed, 3 refunded, 4 paid back, 5 fees, 6 settled. entry_key follows from what the entry tells of.
CREATE TABLE IF NOT EXISTS ledger_entries (
    entry_key TEXT NOT NULL CHECK (length(entry_key) <= 80),
    kind INTEGER NOT NULL,
    order_id INTEGER NULL,
    booked_at INTEGER NOT NULL,
    PRIMARY KEY (entry_key)
) STRICT, WITHOUT ROWID;

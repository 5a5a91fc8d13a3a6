-- The double-entry ledger: what happened to money, written once and never changed (projected, except what no record tells of). Kind: 1 paid,
-- 2 strayed, 3 refunded, 4 paid back, 5 fees, 6 settled. entry_key follows from what the entry tells of.
CREATE TABLE IF NOT EXISTS ledger_entries (
    entry_key VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind TINYINT NOT NULL,
    order_id BIGINT NULL,
    booked_at DATETIME(3) NOT NULL,
    PRIMARY KEY (entry_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

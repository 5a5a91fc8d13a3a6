-- The amounts of the ledger's entries: the debits of an entry equal its credits. Accounts: docs/RULES.md.
CREATE TABLE IF NOT EXISTS ledger_postings (
    entry_key VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account INT NOT NULL,
    debit_fen BIGINT NOT NULL,
    credit_fen BIGINT NOT NULL,
    PRIMARY KEY (entry_key, account),
    CHECK (debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

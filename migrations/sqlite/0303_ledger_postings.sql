-- The amounts of the ledger's entries: the debits of an entry equal its credits. Accounts: docs/RULES.md.
CREATE TABLE IF NOT EXISTS ledger_postings (
    entry_key TEXT NOT NULL CHECK (length(entry_key) <= 80),
    account INTEGER NOT NULL,
    debit_fen INTEGER NOT NULL,
    credit_fen INTEGER NOT NULL,
    PRIMARY KEY (entry_key, account),
    CHECK (debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0))
) STRICT, WITHOUT ROWID;

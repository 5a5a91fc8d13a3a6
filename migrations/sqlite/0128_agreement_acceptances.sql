-- Who accepted which version, and when first. Kept after the account is cancelled: it proves what was agreed on.
CREATE TABLE IF NOT EXISTS agreement_acceptances (
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (length(kind) <= 32),
    version INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind, version)
) STRICT, WITHOUT ROWID;

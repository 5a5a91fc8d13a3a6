-- Access tokens of a lower version no longer count.
ALTER TABLE users ADD COLUMN token_version INTEGER NOT NULL DEFAULT 0;

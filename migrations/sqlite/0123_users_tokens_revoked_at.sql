-- When token_version last grew: processes read the newest changes at start, and then again and again.
ALTER TABLE users ADD COLUMN tokens_revoked_at INTEGER NULL;

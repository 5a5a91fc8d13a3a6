-- Whose tokens were revoked since a moment.
CREATE INDEX users_with_revoked_tokens ON users (tokens_revoked_at);

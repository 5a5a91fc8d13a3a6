-- When the account was cancelled; the row stays, so that its orders name somebody, and says nothing about anybody.
ALTER TABLE users ADD COLUMN cancelled_at INTEGER NULL;

-- Shoppers. The phone number is filled once it can be stored encrypted.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    openid TEXT NOT NULL UNIQUE CHECK (length(openid) <= 64),
    unionid TEXT NULL CHECK (length(unionid) <= 64),
    nickname TEXT NULL CHECK (length(nickname) <= 50),
    avatar_url TEXT NULL CHECK (length(avatar_url) <= 255),
    phone TEXT NULL CHECK (length(phone) <= 20),
    gender INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT;

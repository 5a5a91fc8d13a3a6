-- Who works at the console. username is normalised (NFKC, lower case, trimmed) before it is stored, so it compares by its bytes; password is a bcrypt hash.
CREATE TABLE admins (
    id INTEGER PRIMARY KEY,
    username TEXT NOT NULL UNIQUE CHECK (length(username) <= 50),
    password TEXT NOT NULL CHECK (length(password) <= 255),
    real_name TEXT NULL CHECK (length(real_name) <= 50),
    email TEXT NULL CHECK (length(email) <= 100),
    phone TEXT NULL CHECK (length(phone) <= 20),
    avatar TEXT NULL CHECK (length(avatar) <= 255),
    status INTEGER NOT NULL DEFAULT 1,
    last_login_time INTEGER NULL,
    last_login_ip TEXT NULL CHECK (length(last_login_ip) <= 45),
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (status IN (0, 1))
) STRICT;

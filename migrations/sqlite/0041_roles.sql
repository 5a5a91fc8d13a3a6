-- What administrators are: bundles of permissions.
CREATE TABLE roles (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) <= 50),
    code TEXT NOT NULL UNIQUE CHECK (length(code) <= 50),
    description TEXT NULL CHECK (length(CAST(description AS BLOB)) <= 65535),
    status INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (status IN (0, 1))
) STRICT;

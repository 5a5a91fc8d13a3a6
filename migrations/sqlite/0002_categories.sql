-- Three levels; path is /id/id/id/ from the root down, so that descendants are one range.
CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER NULL,
    level INTEGER NOT NULL,
    path TEXT NOT NULL CHECK (length(path) <= 64),
    name TEXT NOT NULL CHECK (length(name) <= 50),
    icon_url TEXT NULL CHECK (length(icon_url) <= 255),
    sort_order INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (level BETWEEN 1 AND 3),
    FOREIGN KEY (parent_id) REFERENCES categories (id)
) STRICT;

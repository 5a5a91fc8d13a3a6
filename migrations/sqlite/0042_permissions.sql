-- What an administrator may see and do: menus, routes and buttons, as a tree. parent_id 0 is the root, so it is no foreign key.
CREATE TABLE permissions (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) <= 100),
    code TEXT NOT NULL UNIQUE CHECK (length(code) <= 100),
    type INTEGER NOT NULL,
    parent_id INTEGER NOT NULL DEFAULT 0,
    path TEXT NULL CHECK (length(path) <= 200),
    component TEXT NULL CHECK (length(component) <= 200),
    icon TEXT NULL CHECK (length(icon) <= 50),
    sort_order INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (type BETWEEN 1 AND 3),
    CHECK (status IN (0, 1))
) STRICT;

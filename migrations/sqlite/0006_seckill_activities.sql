-- Flash sales; the hours are half open, [starts_at, ends_at).
CREATE TABLE seckill_activities (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) <= 100),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (starts_at < ends_at)
) STRICT;

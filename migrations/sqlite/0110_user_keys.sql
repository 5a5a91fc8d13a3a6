-- The data key of each shopper, wrapped under a master key of the ring. A cancelled account keeps its row without the key: what was sealed
-- for it can never be read again, and nobody makes another key for it.
CREATE TABLE IF NOT EXISTS user_keys (
    user_id INTEGER PRIMARY KEY,
    master_key_id INTEGER NULL,
    wrapped BLOB NULL CHECK (length(wrapped) <= 128),
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    destroyed_at INTEGER NULL
) STRICT;

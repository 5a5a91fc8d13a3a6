-- How far each projection has followed which journal; moves in the transaction that writes the rows.
CREATE TABLE projection_checkpoints (
    name TEXT NOT NULL PRIMARY KEY CHECK (length(name) <= 32),
    journal_uuid TEXT NOT NULL CHECK (length(journal_uuid) <= 36),
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

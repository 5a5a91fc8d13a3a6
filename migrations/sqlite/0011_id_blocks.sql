-- The first identifier that no journal record has set aside.
CREATE TABLE id_blocks (
    name TEXT NOT NULL PRIMARY KEY CHECK (length(name) <= 32),
    next_id INTEGER NOT NULL
) STRICT;

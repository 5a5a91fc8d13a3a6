-- Texts that shoppers accept, a row for each version; the highest version of a kind is in force.
CREATE TABLE IF NOT EXISTS agreements (
    kind TEXT NOT NULL CHECK (length(kind) <= 32),
    version INTEGER NOT NULL,
    title TEXT NOT NULL CHECK (length(title) <= 100),
    content TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (kind, version)
) STRICT, WITHOUT ROWID;

-- What sending goods costs. billing: 1 by piece, 2 by gram, 3 by cm³. status: 1 in use, 0 deleted. updated_at is the version of the whole
-- template, its rules and regions included.
CREATE TABLE IF NOT EXISTS freight_templates (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) <= 50),
    billing INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- The last id given to a row of the outbox. One row, which whoever appends holds until it commits: ids are given in the order of the commits.
CREATE TABLE outbox_order (
    id INTEGER NOT NULL PRIMARY KEY,
    last_id INTEGER NOT NULL,
    CHECK (id = 1 AND last_id >= 0)
) STRICT;

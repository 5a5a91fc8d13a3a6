-- The last id given to a row of the outbox. One row, which whoever appends holds until it commits: ids are given in the order of the commits.
CREATE TABLE outbox_order (
    id TINYINT NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL,
    CHECK (id = 1 AND last_id >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Orders that wait at the shop for their shopper. code: sealed with the shopper's data key; NULL once it was used, or its account is gone.
CREATE TABLE IF NOT EXISTS pick_ups (
    order_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    code BLOB NULL CHECK (length(code) <= 255),
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    ready_at INTEGER NOT NULL,
    collected_at INTEGER NULL,
    PRIMARY KEY (order_id)
) STRICT, WITHOUT ROWID;

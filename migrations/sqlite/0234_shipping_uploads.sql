-- What WeChat has to be told, and was told, about the parcels of an order. status: 1 waits, 2 told, 3 waits for a person, 4 nothing to tell.
-- wanted_version, uploaded_version: versions of the order. is_uncertain: it was sent, and no answer came. wanted_at: since when it waits.
CREATE TABLE IF NOT EXISTS shipping_uploads (
    order_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    wanted_version INTEGER NOT NULL,
    uploaded_version INTEGER NOT NULL DEFAULT 0,
    fingerprint BLOB NULL CHECK (length(fingerprint) = 16),
    status INTEGER NOT NULL DEFAULT 1,
    is_uncertain INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    problem TEXT NULL CHECK (length(problem) <= 500),
    wanted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (order_id)
) STRICT, WITHOUT ROWID;

-- Parcels of orders (projected).
CREATE TABLE IF NOT EXISTS parcels (
    order_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    key_hash BLOB NOT NULL CHECK (length(key_hash) = 16),
    carrier TEXT NOT NULL CHECK (length(carrier) <= 32),
    tracking_no TEXT NOT NULL CHECK (length(tracking_no) <= 64),
    shipped_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, version)
) STRICT, WITHOUT ROWID;

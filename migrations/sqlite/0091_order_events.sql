-- What happened to orders after they were placed (projected): version is that which it made; placing made version 1.
CREATE TABLE IF NOT EXISTS order_events (
    order_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    data TEXT NULL CHECK (json_valid(data)),
    PRIMARY KEY (order_id, version)
) STRICT, WITHOUT ROWID;

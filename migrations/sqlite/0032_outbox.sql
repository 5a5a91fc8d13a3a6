-- What a cold write asks of the rest of the shop, committed with it. *_at: when each destination had it; processed_at: when all had.
CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (length(kind) <= 64),
    aggregate TEXT NOT NULL CHECK (length(aggregate) <= 64),
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    shop_at INTEGER NULL,
    events_at INTEGER NULL,
    cache_at INTEGER NULL,
    outcome TEXT NULL CHECK (length(outcome) <= 32),
    detail TEXT NULL CHECK (length(detail) <= 500),
    parked_at INTEGER NULL,
    parked_reason TEXT NULL CHECK (length(parked_reason) <= 500),
    processed_at INTEGER NULL
) STRICT;

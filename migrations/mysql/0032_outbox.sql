-- What a cold write asks of the rest of the shop, committed with it. *_at: when each destination had it; processed_at: when all had.
CREATE TABLE outbox (
    id BIGINT NOT NULL PRIMARY KEY,
    kind VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    aggregate VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payload TEXT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    shop_at DATETIME(3) NULL,
    events_at DATETIME(3) NULL,
    cache_at DATETIME(3) NULL,
    outcome VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    detail VARCHAR(500) NULL,
    parked_at DATETIME(3) NULL,
    parked_reason VARCHAR(500) NULL,
    processed_at DATETIME(3) NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

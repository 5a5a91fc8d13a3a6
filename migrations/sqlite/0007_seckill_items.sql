-- What a flash sale offers. remaining, held, sold, carved_at and released_at follow the journal; nothing else writes them.
CREATE TABLE seckill_items (
    id INTEGER PRIMARY KEY,
    activity_id INTEGER NOT NULL,
    sku_id INTEGER NOT NULL,
    price_fen INTEGER NOT NULL,
    price TEXT GENERATED ALWAYS AS (printf('%d.%02d', price_fen / 100, price_fen % 100)) VIRTUAL,
    quota INTEGER NOT NULL,
    limit_per_user INTEGER NOT NULL,
    remaining INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    sold INTEGER NOT NULL DEFAULT 0,
    carved_at INTEGER NULL,
    released_at INTEGER NULL,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (price_fen BETWEEN 0 AND 9999999999),
    CHECK (quota > 0 AND limit_per_user > 0),
    CHECK (remaining >= 0 AND held >= 0 AND sold >= 0),
    CHECK (remaining + held + sold <= quota),
    UNIQUE (activity_id, sku_id),
    FOREIGN KEY (activity_id) REFERENCES seckill_activities (id),
    FOREIGN KEY (sku_id) REFERENCES skus (id)
) STRICT;

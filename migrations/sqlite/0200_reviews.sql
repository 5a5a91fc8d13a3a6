-- What shoppers say about what they have received; status 1 waits for moderation, 2 shown, 3 hidden. order_id is NULL for reviews that were
-- taken over from elsewhere. No foreign keys: they would wait for rows that the projection writes.
CREATE TABLE IF NOT EXISTS reviews (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NULL,
    sku_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    sku_spec TEXT NOT NULL CHECK (length(sku_spec) <= 255),
    stars INTEGER NOT NULL,
    content TEXT NULL CHECK (length(content) <= 500),
    pictures TEXT NULL CHECK (json_valid(pictures)),
    has_pictures INTEGER NOT NULL DEFAULT 0,
    is_anonymous INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL,
    reply TEXT NULL CHECK (length(reply) <= 500),
    replied_at INTEGER NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (stars BETWEEN 1 AND 5),
    CHECK (status IN (1, 2, 3)),
    UNIQUE (order_id, sku_id)
) STRICT;

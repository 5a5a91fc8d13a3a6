-- Products that a shopper has looked at, the last 100; written behind, a second later at most.
CREATE TABLE IF NOT EXISTS footprints (
    user_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    viewed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, product_id)
) STRICT;

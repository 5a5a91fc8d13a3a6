-- Products that a shopper wants to find again. No foreign keys: they would wait for the product's row, which the projection writes.
CREATE TABLE IF NOT EXISTS favorites (
    user_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, product_id)
) STRICT;

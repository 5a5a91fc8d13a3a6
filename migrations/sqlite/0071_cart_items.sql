-- The lines of carts. The projection "carts" alone writes here.
CREATE TABLE IF NOT EXISTS cart_items (
    user_id INTEGER NOT NULL,
    sku_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    selected INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, sku_id)
) STRICT

-- A shopper's cart. The projection "carts" alone writes here: version is the cart's last record, bought_through that of the last order whose
-- lines were taken out.
CREATE TABLE IF NOT EXISTS carts (
    user_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    bought_through INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL
) STRICT

-- A shopper's cart. The projection "carts" alone writes here: version is the cart's last record, bought_through that of the last order whose
-- lines were taken out.
CREATE TABLE IF NOT EXISTS carts (
    user_id BIGINT PRIMARY KEY,
    version BIGINT NOT NULL,
    bought_through BIGINT NOT NULL DEFAULT 0,
    updated_at DATETIME(3) NOT NULL
)

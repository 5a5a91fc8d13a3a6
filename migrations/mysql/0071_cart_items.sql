-- The lines of carts. The projection "carts" alone writes here.
CREATE TABLE IF NOT EXISTS cart_items (
    user_id BIGINT NOT NULL,
    sku_id BIGINT NOT NULL,
    quantity INT NOT NULL CHECK (quantity >= 0),
    selected TINYINT NOT NULL,
    added_at DATETIME(3) NOT NULL,
    PRIMARY KEY (user_id, sku_id)
)

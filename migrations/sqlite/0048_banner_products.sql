-- Products behind a banner, in their order.
CREATE TABLE banner_products (
    id INTEGER PRIMARY KEY,
    banner_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    sort_order INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    UNIQUE (banner_id, product_id),
    FOREIGN KEY (banner_id) REFERENCES banners (id),
    FOREIGN KEY (product_id) REFERENCES products (id)
) STRICT;

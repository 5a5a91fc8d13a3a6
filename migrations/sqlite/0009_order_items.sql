-- Lines of orders; product_name and sku_spec as they were when the order was stored.
CREATE TABLE order_items (
    order_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    sku_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    product_name TEXT NOT NULL CHECK (length(product_name) <= 255),
    sku_spec TEXT NOT NULL CHECK (length(sku_spec) <= 255),
    seckill_item_id INTEGER NULL,
    quantity INTEGER NOT NULL,
    unit_price_fen INTEGER NOT NULL,
    unit_price TEXT GENERATED ALWAYS AS (printf('%d.%02d', unit_price_fen / 100, unit_price_fen % 100)) VIRTUAL,
    PRIMARY KEY (order_id, line_no)
) STRICT, WITHOUT ROWID;

-- What cases are about, with names as they were in the order; refunded_fen once the money went back.
CREATE TABLE IF NOT EXISTS after_sale_lines (
    after_sale_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    sku_id INTEGER NOT NULL,
    product_name TEXT NULL CHECK (length(product_name) <= 255),
    sku_spec TEXT NULL CHECK (length(sku_spec) <= 255),
    picture TEXT NULL CHECK (length(picture) <= 500),
    quantity INTEGER NOT NULL,
    unit_price_fen INTEGER NOT NULL,
    expected_fen INTEGER NOT NULL,
    refunded_fen INTEGER NULL,
    CHECK (quantity > 0),
    PRIMARY KEY (after_sale_id, line_no)
) STRICT, WITHOUT ROWID;

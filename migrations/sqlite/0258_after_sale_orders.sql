-- One row for each order that ever had a case: locked while one is applied for, so that of two for the same last piece one comes second.
CREATE TABLE IF NOT EXISTS after_sale_orders (
    order_id INTEGER PRIMARY KEY,
    cases INTEGER NOT NULL
) STRICT;

-- One row for each order that ever had a case: locked while one is applied for, so that of two for the same last piece one comes second.
CREATE TABLE IF NOT EXISTS after_sale_orders (
    order_id BIGINT PRIMARY KEY,
    cases INT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

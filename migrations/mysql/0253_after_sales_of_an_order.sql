-- Cases of an order: what was applied for already.
CREATE INDEX after_sales_of_an_order ON after_sales (order_id, status);

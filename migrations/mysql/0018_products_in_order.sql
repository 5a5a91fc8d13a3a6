-- The list of all products in the shop's order.
CREATE INDEX products_in_order ON products (status, sort_order, id);

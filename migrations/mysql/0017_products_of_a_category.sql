-- The list of a category in the shop's order.
CREATE INDEX products_of_a_category ON products (category_id, status, sort_order, id);

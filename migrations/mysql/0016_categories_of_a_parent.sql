-- Children of a category in their order.
CREATE INDEX categories_of_a_parent ON categories (parent_id, sort_order, id);

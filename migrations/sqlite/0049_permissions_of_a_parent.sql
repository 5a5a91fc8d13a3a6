-- Children of a permission in their order.
CREATE INDEX permissions_of_a_parent ON permissions (parent_id, sort_order, id);

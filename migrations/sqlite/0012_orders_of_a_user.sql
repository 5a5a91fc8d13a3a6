-- A shopper's orders, newest first.
CREATE INDEX orders_of_a_user ON orders (user_id, id);

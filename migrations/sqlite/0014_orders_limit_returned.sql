-- Whose purchase limit was given back in a sale, at start.
CREATE INDEX orders_limit_returned ON orders (seckill_activity_id, user_id) WHERE limit_returned = 1;

-- Whose purchase limit was given back in a sale, at start.
CREATE INDEX orders_limit_returned ON orders (limit_returned, seckill_activity_id);

-- The refunds of an order.
CREATE INDEX wechat_refunds_of_an_order ON wechat_refunds (order_id);

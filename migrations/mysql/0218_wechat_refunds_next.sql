-- Refunds that are not done, the next first.
CREATE INDEX wechat_refunds_next ON wechat_refunds (state, next_at);

-- The refunds that were done on a day.
CREATE INDEX wechat_refunds_done ON wechat_refunds (done_at);

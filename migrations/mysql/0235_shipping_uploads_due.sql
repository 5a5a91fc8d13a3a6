-- What has to be told to WeChat now, and what waits for a person, the oldest first.
CREATE INDEX shipping_uploads_due ON shipping_uploads (status, next_at, order_id);

-- Open orders at start. Partial where the engine can, so that it stays as small as they are few.
CREATE INDEX orders_open ON orders (status, expires_at);

-- Carts in the order of their last changes: what is mirrored to Redis is read from there on.
CREATE INDEX carts_in_change ON carts (version);

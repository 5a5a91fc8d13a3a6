-- A shopper's footprints, newest first.
CREATE INDEX footprints_in_time ON footprints (user_id, viewed_at, product_id);

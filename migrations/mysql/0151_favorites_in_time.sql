-- A shopper's favourites, newest first.
CREATE INDEX favorites_in_time ON favorites (user_id, created_at, product_id);

-- A shopper's own reviews, newest first.
CREATE INDEX reviews_of_a_user ON reviews (user_id, id);

-- A product's reviews with pictures, newest first.
CREATE INDEX reviews_with_pictures ON reviews (product_id, status, has_pictures, id);

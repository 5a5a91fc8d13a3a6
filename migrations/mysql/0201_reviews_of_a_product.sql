-- A product's reviews, newest first.
CREATE INDEX reviews_of_a_product ON reviews (product_id, status, id);

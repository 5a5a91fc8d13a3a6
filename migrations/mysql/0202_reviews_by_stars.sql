-- A product's reviews, best first or with so many stars.
CREATE INDEX reviews_by_stars ON reviews (product_id, status, stars, id);

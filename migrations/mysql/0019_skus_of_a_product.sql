-- A product's SKUs.
CREATE INDEX skus_of_a_product ON skus (product_id, id);

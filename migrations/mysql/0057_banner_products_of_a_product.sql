-- Which banners lead to a product: asked before it is taken away.
CREATE INDEX banner_products_of_a_product ON banner_products (product_id, banner_id);

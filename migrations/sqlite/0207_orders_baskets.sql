-- Baskets, newest first: what is bought together is counted from them. Partial where the engine can: flash orders cost nothing there.
CREATE INDEX orders_baskets ON orders (id) WHERE is_basket = 1;

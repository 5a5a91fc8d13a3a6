-- Orders that complete by themselves some days after they were sent.
CREATE INDEX orders_on_their_way ON orders (shipped_at) WHERE status = 3;

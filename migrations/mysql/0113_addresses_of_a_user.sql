-- A shopper's addresses, of which there are twenty at most.
CREATE INDEX addresses_of_a_user ON addresses (user_id, id);

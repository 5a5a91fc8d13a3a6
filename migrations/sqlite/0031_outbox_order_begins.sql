-- Nothing was appended yet.
INSERT INTO outbox_order (id, last_id) VALUES (1, 0);

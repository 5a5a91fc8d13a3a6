-- Attempts that may still be paid, at start. Partial where the engine can.
CREATE INDEX payment_attempts_open ON payment_attempts (order_id) WHERE state = 1;

-- A shopper's own cases, newest first.
CREATE INDEX after_sales_of_a_user ON after_sales (user_id, id);

-- The same in one status.
CREATE INDEX after_sales_of_a_user_by_status ON after_sales (user_id, status, id);

-- Cases for the back office, newest first.
CREATE INDEX after_sales_by_status ON after_sales (status, id);

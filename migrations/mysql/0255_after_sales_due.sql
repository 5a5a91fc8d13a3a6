-- Cases whose time has come, the longest due first.
CREATE INDEX after_sales_due ON after_sales (status, due_at);

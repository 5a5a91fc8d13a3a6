-- What was done in a span of time, and what is old enough to be removed.
CREATE INDEX admin_operation_logs_in_time ON admin_operation_logs (created_at, id);

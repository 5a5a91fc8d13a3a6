-- What an administrator did, newest first.
CREATE INDEX admin_operation_logs_of_an_admin ON admin_operation_logs (admin_id, id);

-- An administrator's log-ins, newest first.
CREATE INDEX admin_login_logs_of_an_admin ON admin_login_logs (admin_id, id);

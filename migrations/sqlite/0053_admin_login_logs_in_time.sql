-- Log-ins of a span of time, and those old enough to be removed.
CREATE INDEX admin_login_logs_in_time ON admin_login_logs (login_time, id);

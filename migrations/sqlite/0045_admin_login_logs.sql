-- Log-ins, log-outs and failed attempts. No foreign key: a name that nobody has is logged too, and a log outlives its administrator.
CREATE TABLE admin_login_logs (
    id INTEGER PRIMARY KEY,
    admin_id INTEGER NULL,
    username TEXT NOT NULL CHECK (length(username) <= 50),
    ip TEXT NULL CHECK (length(ip) <= 50),
    user_agent TEXT NULL CHECK (length(CAST(user_agent AS BLOB)) <= 65535),
    login_location TEXT NULL CHECK (length(login_location) <= 100),
    status INTEGER NOT NULL,
    message TEXT NULL CHECK (length(message) <= 255),
    login_time INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    logout_time INTEGER NULL,
    CHECK (status IN (0, 1))
) STRICT;

-- What administrators did, with secrets left out; execution_time in milliseconds. No foreign key: what was done must always fit, and outlives its administrator.
CREATE TABLE admin_operation_logs (
    id INTEGER PRIMARY KEY,
    admin_id INTEGER NOT NULL,
    username TEXT NOT NULL CHECK (length(username) <= 50),
    module TEXT NOT NULL CHECK (length(module) <= 50),
    operation TEXT NOT NULL CHECK (length(operation) <= 50),
    method TEXT NOT NULL CHECK (length(method) <= 10),
    url TEXT NOT NULL CHECK (length(url) <= 500),
    ip TEXT NULL CHECK (length(ip) <= 50),
    user_agent TEXT NULL CHECK (length(CAST(user_agent AS BLOB)) <= 65535),
    request_params TEXT NULL CHECK (length(CAST(request_params AS BLOB)) <= 65535),
    response_result TEXT NULL CHECK (length(CAST(response_result AS BLOB)) <= 65535),
    status INTEGER NOT NULL DEFAULT 1,
    error_message TEXT NULL CHECK (length(CAST(error_message AS BLOB)) <= 65535),
    execution_time INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (status IN (0, 1))
) STRICT;

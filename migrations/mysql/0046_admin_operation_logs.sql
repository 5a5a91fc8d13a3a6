-- What administrators did, with secrets left out; execution_time in milliseconds. No foreign key: what was done must always fit, and outlives its administrator.
CREATE TABLE admin_operation_logs (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    admin_id BIGINT NOT NULL,
    username VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    module VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    operation VARCHAR(50) NOT NULL,
    method VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    url VARCHAR(500) NOT NULL,
    ip VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NULL,
    user_agent TEXT NULL,
    request_params TEXT NULL,
    response_result TEXT NULL,
    status TINYINT NOT NULL DEFAULT 1,
    error_message TEXT NULL,
    execution_time INT NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CHECK (status IN (0, 1))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

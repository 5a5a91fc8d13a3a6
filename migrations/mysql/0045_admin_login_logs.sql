-- Log-ins, log-outs and failed attempts. No foreign key: a name that nobody has is logged too, and a log outlives its administrator.
CREATE TABLE admin_login_logs (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    admin_id BIGINT NULL,
    username VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    ip VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NULL,
    user_agent TEXT NULL,
    login_location VARCHAR(100) NULL,
    status TINYINT NOT NULL,
    message VARCHAR(255) NULL,
    login_time DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    logout_time DATETIME(3) NULL,
    CHECK (status IN (0, 1))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

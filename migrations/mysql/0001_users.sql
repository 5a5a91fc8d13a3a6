-- Shoppers. The phone number is filled once it can be stored encrypted.
CREATE TABLE users (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    openid VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    unionid VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    nickname VARCHAR(50) NULL,
    avatar_url VARCHAR(255) NULL,
    phone VARCHAR(20) NULL,
    gender TINYINT NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

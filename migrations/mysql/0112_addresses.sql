-- Delivery addresses of shoppers. `contact` is sealed with the shopper's data key for this row: receiver, phone and detail; `phone` is the
-- mask of the phone. One of a shopper's addresses is the default.
CREATE TABLE IF NOT EXISTS addresses (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    user_id BIGINT NOT NULL,
    contact VARBINARY(2048) NOT NULL,
    phone VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    province VARCHAR(50) NOT NULL,
    city VARCHAR(50) NOT NULL,
    district VARCHAR(50) NOT NULL,
    region_code VARCHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    is_default TINYINT NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci

-- The data key of each shopper, wrapped under a master key of the ring. A cancelled account keeps its row without the key: what was sealed
-- for it can never be read again, and nobody makes another key for it.
CREATE TABLE IF NOT EXISTS user_keys (
    user_id BIGINT PRIMARY KEY,
    master_key_id INT NULL,
    wrapped VARBINARY(128) NULL,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    destroyed_at DATETIME(3) NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci

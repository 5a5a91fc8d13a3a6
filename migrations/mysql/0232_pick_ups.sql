-- Orders that wait at the shop for their shopper. code: sealed with the shopper's data key; NULL once it was used, or its account is gone.
CREATE TABLE IF NOT EXISTS pick_ups (
    order_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    code VARBINARY(255) NULL,
    wrong_tries INT NOT NULL DEFAULT 0,
    ready_at DATETIME(3) NOT NULL,
    collected_at DATETIME(3) NULL,
    PRIMARY KEY (order_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

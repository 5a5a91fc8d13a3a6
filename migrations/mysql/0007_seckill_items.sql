-- What a flash sale offers. remaining, held, sold, carved_at and released_at follow the journal; nothing else writes them.
CREATE TABLE seckill_items (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    activity_id BIGINT NOT NULL,
    sku_id BIGINT NOT NULL,
    price_fen BIGINT NOT NULL,
    price DECIMAL(10,2) GENERATED ALWAYS AS (price_fen / 100) VIRTUAL,
    quota INT NOT NULL,
    limit_per_user INT NOT NULL,
    remaining BIGINT NOT NULL DEFAULT 0,
    held BIGINT NOT NULL DEFAULT 0,
    sold BIGINT NOT NULL DEFAULT 0,
    carved_at DATETIME(3) NULL,
    released_at DATETIME(3) NULL,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CHECK (price_fen BETWEEN 0 AND 9999999999),
    CHECK (quota > 0 AND limit_per_user > 0),
    CHECK (remaining >= 0 AND held >= 0 AND sold >= 0),
    CHECK (remaining + held + sold <= quota),
    UNIQUE (activity_id, sku_id),
    FOREIGN KEY (activity_id) REFERENCES seckill_activities (id),
    FOREIGN KEY (sku_id) REFERENCES skus (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

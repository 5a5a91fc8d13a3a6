-- Words that a shopper has searched for, the last 20; written behind, a second later at most.
CREATE TABLE IF NOT EXISTS search_history (
    user_id BIGINT NOT NULL,
    word VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    searched_at DATETIME(3) NOT NULL,
    found TINYINT NOT NULL,
    PRIMARY KEY (user_id, word)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

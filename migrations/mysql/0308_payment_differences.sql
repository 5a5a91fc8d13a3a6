-- Differences between a day's bills and the shop's books. Class, subject and action: docs/RULES.md. State: 1 open, 2 wanted (a running shop
-- carries the action out), 3 settled. Fen are signed: money in is positive.
CREATE TABLE IF NOT EXISTS payment_differences (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    bill_day INT NOT NULL,
    class TINYINT NOT NULL,
    subject TINYINT NOT NULL,
    reference VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    order_id BIGINT NULL,
    bill_fen BIGINT NULL,
    our_fen BIGINT NULL,
    state TINYINT NOT NULL,
    action TINYINT NULL,
    note VARCHAR(255) NULL,
    settled_by VARCHAR(64) NULL,
    found_at DATETIME(3) NOT NULL,
    settled_at DATETIME(3) NULL,
    UNIQUE (bill_day, class, subject, reference)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

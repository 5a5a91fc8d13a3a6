-- What sending goods costs. billing: 1 by piece, 2 by gram, 3 by cm³. status: 1 in use, 0 deleted. updated_at is the version of the whole
-- template, its rules and regions included.
CREATE TABLE IF NOT EXISTS freight_templates (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    name VARCHAR(50) NOT NULL,
    billing TINYINT NOT NULL,
    status TINYINT NOT NULL DEFAULT 1,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

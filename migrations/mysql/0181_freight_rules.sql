-- Rows of a freight template; 0 is the default one, for regions that no other row names. Units are those of the template's billing.
CREATE TABLE IF NOT EXISTS freight_rules (
    template_id BIGINT NOT NULL,
    rule_no INT NOT NULL,
    is_delivered TINYINT NOT NULL,
    first_units INT NOT NULL DEFAULT 1,
    first_fee_fen BIGINT NOT NULL DEFAULT 0,
    next_units INT NOT NULL DEFAULT 1,
    next_fee_fen BIGINT NOT NULL DEFAULT 0,
    free_from_pieces INT NULL,
    free_from_fen BIGINT NULL,
    PRIMARY KEY (template_id, rule_no),
    FOREIGN KEY (template_id) REFERENCES freight_templates (id),
    CHECK (first_units >= 1 AND next_units >= 1),
    CHECK (first_fee_fen BETWEEN 0 AND 9999999999),
    CHECK (next_fee_fen BETWEEN 0 AND 9999999999)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

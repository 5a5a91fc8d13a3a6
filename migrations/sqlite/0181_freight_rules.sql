-- Rows of a freight template; 0 is the default one, for regions that no other row names. Units are those of the template's billing.
CREATE TABLE IF NOT EXISTS freight_rules (
    template_id INTEGER NOT NULL,
    rule_no INTEGER NOT NULL,
    is_delivered INTEGER NOT NULL,
    first_units INTEGER NOT NULL DEFAULT 1,
    first_fee_fen INTEGER NOT NULL DEFAULT 0,
    next_units INTEGER NOT NULL DEFAULT 1,
    next_fee_fen INTEGER NOT NULL DEFAULT 0,
    free_from_pieces INTEGER NULL,
    free_from_fen INTEGER NULL,
    PRIMARY KEY (template_id, rule_no),
    FOREIGN KEY (template_id) REFERENCES freight_templates (id),
    CHECK (first_units >= 1 AND next_units >= 1),
    CHECK (first_fee_fen BETWEEN 0 AND 9999999999),
    CHECK (next_fee_fen BETWEEN 0 AND 9999999999)
) STRICT;

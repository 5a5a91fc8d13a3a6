-- Which regions a row of a freight template names: the first 2, 4 or 6 digits of their codes. A region stands in one row of a template.
CREATE TABLE IF NOT EXISTS freight_regions (
    template_id BIGINT NOT NULL,
    region_prefix VARCHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rule_no INT NOT NULL,
    PRIMARY KEY (template_id, region_prefix),
    FOREIGN KEY (template_id) REFERENCES freight_templates (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

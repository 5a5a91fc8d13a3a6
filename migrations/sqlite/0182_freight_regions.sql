-- Which regions a row of a freight template names: the first 2, 4 or 6 digits of their codes. A region stands in one row of a template.
CREATE TABLE IF NOT EXISTS freight_regions (
    template_id INTEGER NOT NULL,
    region_prefix TEXT NOT NULL CHECK (length(region_prefix) <= 6),
    rule_no INTEGER NOT NULL,
    PRIMARY KEY (template_id, region_prefix),
    FOREIGN KEY (template_id) REFERENCES freight_templates (id)
) STRICT;

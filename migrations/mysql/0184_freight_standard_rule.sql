-- Its default row: nothing for the first piece, and nothing for each further one.
INSERT INTO freight_rules (template_id, rule_no, is_delivered)
SELECT 1, 0, 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM freight_rules WHERE template_id = 1);

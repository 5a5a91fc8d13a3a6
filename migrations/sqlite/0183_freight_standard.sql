-- The template that products had before there were templates: sending was free, everywhere.
INSERT INTO freight_templates (id, name, billing, created_at, updated_at)
SELECT 1, '包邮', 1, CAST(unixepoch('subsec') * 1000 AS INTEGER), CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE NOT EXISTS (SELECT 1 FROM freight_templates WHERE id = 1);

-- Products of before keep what they had. One that is added without a template cannot be ordered: sending is never free by mistake.
UPDATE products SET freight_template_id = 1 WHERE freight_template_id IS NULL;

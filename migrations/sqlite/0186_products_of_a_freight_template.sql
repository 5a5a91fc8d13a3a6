-- Who still uses a template.
CREATE INDEX products_of_a_freight_template ON products (freight_template_id, id);

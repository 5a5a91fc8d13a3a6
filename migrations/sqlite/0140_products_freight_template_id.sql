-- What sending it costs; none for goods that are not sent.
ALTER TABLE products ADD COLUMN freight_template_id INTEGER NULL;

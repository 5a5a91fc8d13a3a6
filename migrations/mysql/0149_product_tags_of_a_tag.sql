-- Products with a tag.
CREATE INDEX product_tags_of_a_tag ON product_tags (tag_id, product_id);

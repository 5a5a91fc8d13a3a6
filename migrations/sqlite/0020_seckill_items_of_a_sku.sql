-- A SKU's quotas, when it is activated.
CREATE INDEX seckill_items_of_a_sku ON seckill_items (sku_id);

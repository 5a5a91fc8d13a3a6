-- Buyers of a flash item, when its SKU is activated.
CREATE INDEX order_items_of_a_flash_item ON order_items (seckill_item_id, order_id) WHERE seckill_item_id IS NOT NULL;

-- Sales that were planned before: from now on their orders keep the names of today. Safe to repeat.
UPDATE seckill_items SET title = (SELECT p.name FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id = seckill_items.sku_id),
    spec = (SELECT s.spec FROM skus s WHERE s.id = seckill_items.sku_id) WHERE title IS NULL;

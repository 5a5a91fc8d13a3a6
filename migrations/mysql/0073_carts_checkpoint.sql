-- A database that follows a journal already has no record of a cart to read: carts begin where stock and orders are.
INSERT INTO projection_checkpoints (name, journal_uuid, epoch, sequence, updated_at)
SELECT 'carts', journal_uuid, epoch, sequence, updated_at FROM projection_checkpoints WHERE name = 'database'

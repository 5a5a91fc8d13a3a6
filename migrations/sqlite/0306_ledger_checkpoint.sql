-- No release before this one took money, so the ledger begins where stock and orders are.
INSERT INTO projection_checkpoints (name, journal_uuid, epoch, sequence, updated_at)
SELECT 'ledger', journal_uuid, epoch, sequence, updated_at FROM projection_checkpoints WHERE name = 'database'

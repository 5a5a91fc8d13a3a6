-- Orders that were placed before there was a ledger and may still be paid.
INSERT INTO ledger_freights (order_id, freight_fen)
SELECT id, freight_fen FROM orders WHERE status = 1 AND freight_fen > 0 AND id NOT IN (SELECT order_id FROM ledger_freights)

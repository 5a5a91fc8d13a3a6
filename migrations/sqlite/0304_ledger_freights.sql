-- The freight of orders that are neither paid nor closed, for the ledger's entry of their payment (projected).
CREATE TABLE IF NOT EXISTS ledger_freights (
    order_id INTEGER PRIMARY KEY,
    freight_fen INTEGER NOT NULL
) STRICT;

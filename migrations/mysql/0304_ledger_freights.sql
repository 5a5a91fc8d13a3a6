-- The freight of orders that are neither paid nor closed, for the ledger's entry of their payment (projected).
CREATE TABLE IF NOT EXISTS ledger_freights (
    order_id BIGINT PRIMARY KEY,
    freight_fen BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

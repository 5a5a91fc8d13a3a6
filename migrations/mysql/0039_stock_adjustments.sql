-- Who changed the stock of a SKU, by how much and why; follows the journal. id is that of the request in the outbox, which is removed later.
CREATE TABLE stock_adjustments (
    sku_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    delta BIGINT NOT NULL,
    reason VARCHAR(200) NOT NULL,
    operator VARCHAR(64) NOT NULL,
    sequence BIGINT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    CHECK (delta <> 0),
    PRIMARY KEY (sku_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

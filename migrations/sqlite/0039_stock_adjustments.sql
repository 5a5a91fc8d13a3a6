-- Who changed the stock of a SKU, by how much and why; follows the journal. id is that of the request in the outbox, which is removed later.
CREATE TABLE stock_adjustments (
    sku_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    delta INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) <= 200),
    operator TEXT NOT NULL CHECK (length(operator) <= 64),
    sequence INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK (delta <> 0),
    PRIMARY KEY (sku_id, id)
) STRICT;

-- What is in parcels (projected).
CREATE TABLE IF NOT EXISTS parcel_items (
    order_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    item_no INTEGER NOT NULL,
    sku_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, version, item_no)
) STRICT, WITHOUT ROWID;

-- What is counted. version is the last journal record in the counts; a product without specs has one SKU with an empty spec.
CREATE TABLE skus (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL,
    spec TEXT NOT NULL DEFAULT '' CHECK (length(spec) <= 255),
    price_fen INTEGER NOT NULL,
    price TEXT GENERATED ALWAYS AS (printf('%d.%02d', price_fen / 100, price_fen % 100)) VIRTUAL,
    available INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    sold INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (price_fen BETWEEN 0 AND 9999999999),
    CHECK (available >= 0 AND held >= 0 AND sold >= 0),
    FOREIGN KEY (product_id) REFERENCES products (id)
) STRICT;

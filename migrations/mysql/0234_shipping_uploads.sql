-- What WeChat has to be told, and was told, about the parcels of an order. status: 1 waits, 2 told, 3 waits for a person, 4 nothing to tell.
-- wanted_version, uploaded_version: versions of the order. is_uncertain: it was sent, and no answer came. wanted_at: since when it waits.
CREATE TABLE IF NOT EXISTS shipping_uploads (
    order_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    wanted_version INT NOT NULL,
    uploaded_version INT NOT NULL DEFAULT 0,
    fingerprint BINARY(16) NULL,
    status TINYINT NOT NULL DEFAULT 1,
    is_uncertain TINYINT NOT NULL DEFAULT 0,
    attempts INT NOT NULL DEFAULT 0,
    next_at DATETIME(3) NOT NULL,
    problem VARCHAR(500) NULL,
    wanted_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    PRIMARY KEY (order_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

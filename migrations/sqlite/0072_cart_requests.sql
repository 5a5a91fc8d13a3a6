-- The newest requests that a cart has carried out, in a ring of slots: a repeat of one changes nothing. The projection "carts" alone writes here.
CREATE TABLE IF NOT EXISTS cart_requests (
    user_id INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    number INTEGER NOT NULL,
    key_hash BLOB NOT NULL CHECK (length(key_hash) = 16),
    body_fingerprint INTEGER NOT NULL,
    PRIMARY KEY (user_id, slot)
) STRICT

-- The newest requests that a cart has carried out, in a ring of slots: a repeat of one changes nothing. The projection "carts" alone writes here.
CREATE TABLE IF NOT EXISTS cart_requests (
    user_id BIGINT NOT NULL,
    slot INT NOT NULL,
    number BIGINT NOT NULL,
    key_hash BINARY(16) NOT NULL,
    body_fingerprint BIGINT NOT NULL,
    PRIMARY KEY (user_id, slot)
)

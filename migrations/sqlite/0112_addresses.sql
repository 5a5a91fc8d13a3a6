-- Delivery addresses of shoppers. `contact` is sealed with the shopper's data key for this row: receiver, phone and detail; `phone` is the
-- mask of the phone. One of a shopper's addresses is the default.
CREATE TABLE IF NOT EXISTS addresses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    contact BLOB NOT NULL CHECK (length(contact) <= 2048),
    phone TEXT NOT NULL CHECK (length(phone) <= 20),
    province TEXT NOT NULL CHECK (length(province) <= 50),
    city TEXT NOT NULL CHECK (length(city) <= 50),
    district TEXT NOT NULL CHECK (length(district) <= 50),
    region_code TEXT NOT NULL CHECK (length(region_code) <= 6),
    is_default INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT

-- Finds the shopper of a phone number and keeps two from having one: a keyed hash of it. `phone` shows the number masked.
ALTER TABLE users ADD COLUMN phone_index BLOB NULL CHECK (length(phone_index) <= 32);

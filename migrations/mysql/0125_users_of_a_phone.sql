-- One account a phone number.
CREATE UNIQUE INDEX users_of_a_phone ON users (phone_index);

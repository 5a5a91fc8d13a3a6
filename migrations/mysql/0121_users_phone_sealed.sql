-- The phone number, sealed with the data key of its shopper.
ALTER TABLE users ADD COLUMN phone_sealed VARBINARY(128) NULL;

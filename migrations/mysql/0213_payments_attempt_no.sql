-- The attempt through which it was paid; NULL for a payment that came through none.
ALTER TABLE payments ADD COLUMN attempt_no TINYINT NULL;

-- Its number at the channel.
ALTER TABLE payments ADD COLUMN transaction_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- Its number at the channel.
ALTER TABLE payments ADD COLUMN transaction_id TEXT NULL CHECK (length(transaction_id) <= 32);

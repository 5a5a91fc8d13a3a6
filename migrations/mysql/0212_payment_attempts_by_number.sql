-- An attempt by its number at the channel, for whoever reads its bills.
CREATE INDEX payment_attempts_by_number ON payment_attempts (trade_no);

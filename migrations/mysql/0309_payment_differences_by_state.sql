-- Differences that are not settled, the oldest day first.
CREATE INDEX payment_differences_by_state ON payment_differences (state, bill_day);

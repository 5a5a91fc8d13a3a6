-- The entries of a time.
CREATE INDEX ledger_entries_in_time ON ledger_entries (booked_at);

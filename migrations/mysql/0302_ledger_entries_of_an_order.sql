-- The entries of an order.
CREATE INDEX ledger_entries_of_an_order ON ledger_entries (order_id);

-- Differences between a day's bills and the shop's books. Class, subject and action: docs/RULES.md. State: 1 open, 2 wanted (a running shop
-- carries the action out), 3 settled. Fen are signed: money in is positive.
CREATE TABLE IF NOT EXISTS payment_differences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bill_day INTEGER NOT NULL,
    class INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    reference TEXT NOT NULL CHECK (length(reference) <= 64),
    order_id INTEGER NULL,
    bill_fen INTEGER NULL,
    our_fen INTEGER NULL,
    state INTEGER NOT NULL,
    action INTEGER NULL,
    note TEXT NULL CHECK (length(note) <= 255),
    settled_by TEXT NULL CHECK (length(settled_by) <= 64),
    found_at INTEGER NOT NULL,
    settled_at INTEGER NULL,
    UNIQUE (bill_day, class, subject, reference)
) STRICT;

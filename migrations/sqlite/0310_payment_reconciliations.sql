-- Days whose bills were compared with the shop's books. bill_day is yyyymmdd; has_bill is 0 for a day on which WeChat Pay had no trade.
CREATE TABLE IF NOT EXISTS payment_reconciliations (
    bill_day INTEGER PRIMARY KEY,
    has_bill INTEGER NOT NULL,
    payments_count INTEGER NOT NULL,
    refunds_count INTEGER NOT NULL,
    fees_fen INTEGER NOT NULL,
    differences_count INTEGER NOT NULL,
    compared_at INTEGER NOT NULL
) STRICT;

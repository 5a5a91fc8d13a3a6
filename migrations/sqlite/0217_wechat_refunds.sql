-- Money on its way back through WeChat Pay: a row for each refund and each stray payment. State: 1 wanted, 2 processing, 3 done, 4 abnormal, 5 closed.
CREATE TABLE IF NOT EXISTS wechat_refunds (
    refund_no TEXT NOT NULL CHECK (length(refund_no) <= 64),
    order_id INTEGER NOT NULL,
    refund_id INTEGER NULL,
    transaction_id TEXT NOT NULL CHECK (length(transaction_id) <= 32),
    amount_fen INTEGER NOT NULL,
    total_fen INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    state INTEGER NOT NULL,
    round INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    problem TEXT NULL CHECK (length(problem) <= 255),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    done_at INTEGER NULL,
    PRIMARY KEY (refund_no)
) STRICT, WITHOUT ROWID;

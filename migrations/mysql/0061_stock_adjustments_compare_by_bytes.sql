-- An operator is one account: it compares by its bytes, as in SQLite, where utf8mb4_unicode_ci takes `A`, `a` and `á` for one. Safe to repeat.
ALTER TABLE stock_adjustments MODIFY operator VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

-- A brand's name is its key: it compares by its bytes, as in SQLite, where utf8mb4_unicode_ci takes `A`, `a` and `á` for one. Safe to repeat.
ALTER TABLE brands MODIFY name VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

-- Paths and components are code: it compares by its bytes, as in SQLite, where utf8mb4_unicode_ci takes `A`, `a` and `á` for one. Safe to repeat.
ALTER TABLE permissions MODIFY path VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL, MODIFY component VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

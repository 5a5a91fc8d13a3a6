-- A spec tells the SKUs of a product apart: it compares by its bytes, as in SQLite, where utf8mb4_unicode_ci takes `A`, `a` and `á` for one. Safe to repeat.
ALTER TABLE skus MODIFY spec VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '';

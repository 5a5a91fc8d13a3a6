-- A link is an id or an address: it compares by its bytes, as in SQLite, where utf8mb4_unicode_ci takes `A`, `a` and `á` for one. Safe to repeat.
ALTER TABLE banners MODIFY link_value VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- What the first roles permit, by the ids of the permissions that were inserted with them.
INSERT OR IGNORE INTO role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM roles r JOIN permissions p ON p.id <= 69
WHERE r.code = 'super_admin'
    OR (r.code = 'operator' AND (p.id <= 5 OR p.id BETWEEN 21 AND 59))
    OR (r.code = 'product_manager' AND (p.id <= 2 OR p.id BETWEEN 21 AND 29))
    OR (r.code = 'order_manager' AND (p.id IN (1, 4) OR p.id BETWEEN 41 AND 47))
    OR (r.code = 'customer_service' AND p.id IN (4, 5, 41, 44, 45, 46, 47, 51));

-- The roles that a shop begins with.
INSERT OR IGNORE INTO roles (name, code, description)
VALUES
    ('超级管理员', 'super_admin', '拥有全部权限'),
    ('运营管理员', 'operator', '商品、营销、订单与用户'),
    ('商品管理员', 'product_manager', '商品、分类、库存与专区'),
    ('订单管理员', 'order_manager', '订单、发货、退款与售后'),
    ('客服', 'customer_service', '查询订单与用户，处理售后与评价');

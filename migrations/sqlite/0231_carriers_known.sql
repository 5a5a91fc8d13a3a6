-- The large carriers of mainland China. PICKUP is no carrier: the shopper comes to the shop.
INSERT OR IGNORE INTO carriers (code, name, wechat_id, kuaidi100_code, needs_phone, sort_order)
VALUES
    ('SF', '顺丰速运', 'SF', 'shunfeng', 1, 10),
    ('JD', '京东快递', 'JD', 'jd', 0, 20),
    ('ZTO', '中通快递', 'ZTO', 'zhongtong', 1, 30),
    ('YTO', '圆通速递', 'YTO', 'yuantong', 0, 40),
    ('STO', '申通快递', 'STO', 'shentong', 0, 50),
    ('YUNDA', '韵达快递', 'YD', 'yunda', 0, 60),
    ('JTSD', '极兔速递', 'JTSD', 'jtexpress', 0, 70),
    ('EMS', 'EMS', 'EMS', 'ems', 0, 80),
    ('YZPY', '邮政快递包裹', 'YZPY', 'youzhengguonei', 0, 90),
    ('DBL', '德邦快递', 'DBL', 'debangkuaidi', 0, 100),
    ('PICKUP', '到店自提', NULL, NULL, 0, 1000);

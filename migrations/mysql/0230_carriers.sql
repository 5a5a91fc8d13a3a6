-- Who carries parcels. wechat_id: the carrier in WeChat's get_delivery_list; kuaidi100_code: in the list of 快递100; NULL where it has none.
-- needs_phone: where a parcel is, is told to those only who know the receiver's phone. status: 1 in use, 0 not any more.
CREATE TABLE IF NOT EXISTS carriers (
    code VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name VARCHAR(50) NOT NULL,
    wechat_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    kuaidi100_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    needs_phone TINYINT NOT NULL DEFAULT 0,
    sort_order INT NOT NULL DEFAULT 0,
    status TINYINT NOT NULL DEFAULT 1,
    PRIMARY KEY (code)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

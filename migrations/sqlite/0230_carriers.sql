-- Who carries parcels. wechat_id: the carrier in WeChat's get_delivery_list; kuaidi100_code: in the list of 快递100; NULL where it has none.
-- needs_phone: where a parcel is, is told to those only who know the receiver's phone. status: 1 in use, 0 not any more.
CREATE TABLE IF NOT EXISTS carriers (
    code TEXT NOT NULL CHECK (length(code) <= 32),
    name TEXT NOT NULL CHECK (length(name) <= 50),
    wechat_id TEXT NULL CHECK (length(wechat_id) <= 64),
    kuaidi100_code TEXT NULL CHECK (length(kuaidi100_code) <= 64),
    needs_phone INTEGER NOT NULL DEFAULT 0,
    sort_order INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (code)
) STRICT, WITHOUT ROWID;

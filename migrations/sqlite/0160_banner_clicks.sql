-- Clicks on a banner by business day (yyyymmdd in Asia/Shanghai), added to by the server, which counts them in memory. No foreign key: clicks outlive their banner.
CREATE TABLE IF NOT EXISTS banner_clicks (
    banner_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    clicks INTEGER NOT NULL,
    PRIMARY KEY (banner_id, day)
) STRICT;

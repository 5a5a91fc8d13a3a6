-- Clicks on a banner by business day (yyyymmdd in Asia/Shanghai), added to by the server, which counts them in memory. No foreign key: clicks outlive their banner.
CREATE TABLE IF NOT EXISTS banner_clicks (
    banner_id BIGINT NOT NULL,
    day INT NOT NULL,
    clicks BIGINT NOT NULL,
    PRIMARY KEY (banner_id, day)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

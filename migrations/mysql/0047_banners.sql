-- Pictures that lead somewhere: 1 a list of products, 2 a product, 3 a category, 4 an activity, 5 another site. Shown from start_time until before end_time.
CREATE TABLE banners (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    title VARCHAR(100) NOT NULL,
    image_url VARCHAR(500) NOT NULL,
    link_type TINYINT NOT NULL,
    link_value VARCHAR(500) NULL,
    sort_order INT NOT NULL DEFAULT 0,
    status TINYINT NOT NULL DEFAULT 1,
    start_time DATETIME(3) NULL,
    end_time DATETIME(3) NULL,
    click_count INT NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CHECK (link_type BETWEEN 1 AND 5),
    CHECK (status IN (0, 1)),
    CHECK (start_time < end_time)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

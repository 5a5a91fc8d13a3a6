-- Pictures that lead somewhere: 1 a list of products, 2 a product, 3 a category, 4 an activity, 5 another site. Shown from start_time until before end_time.
CREATE TABLE banners (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL CHECK (length(title) <= 100),
    image_url TEXT NOT NULL CHECK (length(image_url) <= 500),
    link_type INTEGER NOT NULL,
    link_value TEXT NULL CHECK (length(link_value) <= 500),
    sort_order INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 1,
    start_time INTEGER NULL,
    end_time INTEGER NULL,
    click_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    CHECK (link_type BETWEEN 1 AND 5),
    CHECK (status IN (0, 1)),
    CHECK (start_time < end_time)
) STRICT;

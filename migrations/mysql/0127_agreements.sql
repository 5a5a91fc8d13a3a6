-- Texts that shoppers accept, a row for each version; the highest version of a kind is in force.
CREATE TABLE IF NOT EXISTS agreements (
    kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version INT NOT NULL,
    title VARCHAR(100) NOT NULL,
    content TEXT NOT NULL,
    published_at DATETIME(3) NOT NULL,
    PRIMARY KEY (kind, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

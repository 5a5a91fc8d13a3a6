-- What an administrator may see and do: menus, routes and buttons, as a tree. parent_id 0 is the root, so it is no foreign key.
CREATE TABLE permissions (
    id BIGINT PRIMARY KEY AUTO_INCREMENT,
    name VARCHAR(100) NOT NULL,
    code VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    type TINYINT NOT NULL,
    parent_id BIGINT NOT NULL DEFAULT 0,
    path VARCHAR(200) NULL,
    component VARCHAR(200) NULL,
    icon VARCHAR(50) NULL,
    sort_order INT NOT NULL DEFAULT 0,
    status TINYINT NOT NULL DEFAULT 1,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CHECK (type BETWEEN 1 AND 3),
    CHECK (status IN (0, 1))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

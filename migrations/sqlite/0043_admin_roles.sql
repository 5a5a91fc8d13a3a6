-- Which roles an administrator has.
CREATE TABLE admin_roles (
    id INTEGER PRIMARY KEY,
    admin_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    UNIQUE (admin_id, role_id),
    FOREIGN KEY (admin_id) REFERENCES admins (id),
    FOREIGN KEY (role_id) REFERENCES roles (id)
) STRICT;

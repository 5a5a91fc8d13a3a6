-- Which roles permit something: asked before it is taken away.
CREATE INDEX role_permissions_of_a_permission ON role_permissions (permission_id, role_id);

-- Who has a role: asked before it is taken away or changed.
CREATE INDEX admin_roles_of_a_role ON admin_roles (role_id, admin_id);

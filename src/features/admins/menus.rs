//! The tree of menus that an administrator sees, from the permissions that their roles give. Pure.
//! - M1 Menus (1) and routes (2) are nodes, buttons (3) are not: they are among the codes.
//! - M2 A node is shown below its parent, and only if that one is shown, too: whoever may not see a menu sees nothing in it.
//! - M3 Children stand in the order of `sort_order`, then of their ids.

use std::collections::BTreeMap;

/// Kinds of permissions, by their numbers in `permissions.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A menu of the side bar: 1.
    Menu,
    /// A page: 2.
    Route,
    /// Something that a page can do: 3.
    Button,
}

impl Kind {
    /// The kind with this number; none for another one.
    pub const fn of_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Menu),
            2 => Some(Self::Route),
            3 => Some(Self::Button),
            _ => None,
        }
    }
}

/// A row of `permissions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Primary key of `permissions`.
    pub id: u64,
    /// Id of the permission that it stands below; 0 at the root.
    pub parent: u64,
    /// What handlers and pages ask for.
    pub code: String,
    /// What people read.
    pub name: String,
    /// Menu, route or button.
    pub kind: Kind,
    /// Path of the page in the back office.
    pub path: Option<String>,
    /// The page's component.
    pub component: Option<String>,
    /// Name of a picture.
    pub icon: Option<String>,
    /// Its place among its siblings, lowest first.
    pub sort_order: i64,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// The menu or route.
    pub permission: Permission,
    /// Whatever is below it.
    pub children: Vec<Self>,
}

/// The tree of these permissions.
pub fn tree(permissions: &[Permission]) -> Vec<Menu> {
    let mut by_parent: BTreeMap<u64, Vec<&Permission>> = BTreeMap::new();
    for permission in permissions.iter().filter(|permission| permission.kind != Kind::Button) {
        by_parent.entry(permission.parent).or_default().push(permission);
    }
    for children in by_parent.values_mut() {
        children.sort_by_key(|child| (child.sort_order, child.id));
    }
    below(0, &mut by_parent)
}

/// Takes the children of a node out of the map, so that each is shown once, and a circle, which no root leads to, never.
fn below(parent: u64, by_parent: &mut BTreeMap<u64, Vec<&Permission>>) -> Vec<Menu> {
    let children = by_parent.remove(&parent).unwrap_or_default();
    children.into_iter().map(|child| Menu { permission: child.clone(), children: below(child.id, by_parent) }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn permission(id: u64, parent: u64, kind: Kind, sort_order: i64) -> Permission {
        let (code, name) = (format!("code:{id}"), format!("name {id}"));
        Permission { id, parent, code, name, kind, path: None, component: None, icon: None, sort_order }
    }

    fn ids(menus: &[Menu]) -> Vec<u64> {
        menus.iter().flat_map(|menu| [vec![menu.permission.id], ids(&menu.children)].concat()).collect()
    }

    #[test]
    fn a_page_stands_in_its_menu_and_a_button_in_none() {
        use Kind::{Button, Menu as M, Route};
        let all = [
            permission(3, 2, Button, 0),
            permission(1, 0, M, 20),
            permission(2, 1, Route, 5),
            permission(4, 1, Route, 1),
            permission(5, 0, M, 10),
            permission(7, 6, Route, 0),
        ];
        let tree = tree(&all);
        assert_eq!(ids(&tree), [5, 1, 4, 2], "in order, and nothing of a menu that is not there");
        assert_eq!(tree[1].children.len(), 2);
    }

    proptest! {
        #[test]
        fn each_node_is_shown_once_below_a_parent_that_is_shown(parents in vec((0_u64..12, 1_i64..=3, -3_i64..3), 0..12)) {
            let all: Vec<Permission> = (1..).zip(&parents).map(|(id, (parent, kind, order))| {
                permission(id, *parent, Kind::of_number(*kind).unwrap(), *order)
            }).collect();
            let shown = ids(&tree(&all));
            let mut once = shown.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), shown.len());
            for permission in &all {
                let is_below = permission.parent == 0 || shown.contains(&permission.parent);
                let is_circle = permission.parent == permission.id;
                let wanted = permission.kind != Kind::Button && is_below && !is_circle;
                prop_assert_eq!(shown.contains(&permission.id), wanted, "{:?} in {:?}", permission, shown);
            }
        }
    }
}

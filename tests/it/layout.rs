//! The direction of dependencies: `shop → features → platform → actors`. What still points the other way is named here, and nothing else may.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files of `src/platform` that know a feature or the shop.
///
/// HTTP's state holds the shop, its tables read the list of features, and the projection and the effects of stock and orders lie beside what
/// runs them.
const UPWARDS: [&str; 8] = [
    "http/fields.rs",
    "http/mod.rs",
    "http/problem.rs",
    "http/state.rs",
    "http/table.rs",
    "http/wording.rs",
    "outbox/effects.rs",
    "projection/trade",
];

#[test]
fn nothing_else_of_the_platform_knows_what_stands_on_it() {
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform");
    let upwards =
        ["features", "shop", "cli", "doctor", "demo", "recovery", "reconcile", "sale_snapshot"].map(|part| format!("crate::{part}"));
    let mut found = BTreeSet::new();
    for file in sources(&platform) {
        let text = std::fs::read_to_string(&file).unwrap();
        if upwards.iter().any(|part| text.contains(part.as_str())) {
            let file = file.strip_prefix(&platform).unwrap().to_str().unwrap().to_owned();
            found.insert(if file.starts_with("projection/trade") { "projection/trade".to_owned() } else { file });
        }
    }
    assert_eq!(found, BTreeSet::from(UPWARDS.map(str::to_owned)));
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

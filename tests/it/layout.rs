//! The direction of dependencies: shop → features → platform → actors, and within `actors` aggregates → kernel → values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What stands on the features.
const ABOVE_FEATURES: [&str; 7] = ["cli", "demo", "doctor", "reconcile", "recovery", "sale_snapshot", "shop"];

#[test]
fn the_platform_imports_no_feature_and_nothing_above() {
    imports_nothing_of("src/platform", &ABOVE_FEATURES.map(|part| format!("crate::{part}")));
    imports_nothing_of("src/platform", &["crate::features".to_owned()]);
}

#[test]
fn features_import_nothing_above_them() {
    imports_nothing_of("src/features", &ABOVE_FEATURES.map(|part| format!("crate::{part}")));
}

/// A feature is understood, tested and moved with those that it builds on; in a circle that would be all of them.
#[test]
fn features_do_not_import_one_another_in_a_circle() {
    let mut imports = imports_of_features();
    assert!(imports["orders"].contains("catalog"), "{imports:?}");
    // Whatever builds on nothing that is left is in no circle.
    loop {
        let left: BTreeSet<String> = imports.keys().cloned().collect();
        imports.retain(|_, of| !of.is_disjoint(&left));
        if imports.len() == left.len() {
            break;
        }
    }
    assert!(imports.is_empty(), "in a circle, or built on one: {imports:?}");
}

/// What each feature names of the other ones.
fn imports_of_features() -> BTreeMap<String, BTreeSet<String>> {
    let folder = root().join("src/features");
    let folders = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut imports = BTreeMap::new();
    for of in folders {
        let name = of.file_name().unwrap().to_str().unwrap().to_owned();
        let mut named = BTreeSet::new();
        for file in sources(&of) {
            let text = std::fs::read_to_string(&file).unwrap();
            for after in text.split("crate::features::").skip(1) {
                let other = after.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
                assert!(!other.is_empty(), "{}: name the feature behind `crate::features::`", file.display());
                named.insert(other.to_owned());
            }
        }
        named.remove(&name);
        imports.insert(name, named);
    }
    imports
}

#[test]
fn the_core_imports_nothing_of_the_server() {
    imports_nothing_of("actors/src", &["mallcore::".to_owned()]);
}

#[test]
fn values_of_the_core_import_neither_kernel_nor_aggregates() {
    imports_nothing_of("actors/src/values", &["carts", "kernel", "orders", "stock", "sale_snapshot"].map(|part| format!("crate::{part}")));
}

#[test]
fn the_kernel_names_aggregates_in_one_file_only() {
    let mut naming = Vec::new();
    for file in sources(&root().join("actors/src/kernel")) {
        let text = std::fs::read_to_string(&file).unwrap();
        if ["carts", "orders", "stock", "sale_snapshot"].iter().any(|part| text.contains(&format!("crate::{part}"))) {
            naming.push(file.strip_prefix(root()).unwrap().to_owned());
        }
    }
    assert_eq!(naming, [Path::new("actors/src/kernel/families.rs")]);
}

/// No route of a client leads to a payment: money is read from what WeChat Pay has signed (`reading`), by a notification or by asking, and
/// handed to its order in one place; beside that an order that costs nothing is paid.
#[test]
fn only_what_wechat_pay_has_signed_makes_an_order_paid() {
    assert_eq!(naming(".take_trade("), ["src/features/payments/attempts.rs"]);
    // The first one asks WeChat Pay about a trade that its bill has.
    assert_eq!(naming("reading::money("), ["src/features/payments/billed.rs", "src/features/payments/notify.rs"]);
    assert_eq!(naming("reading::heard("), ["src/features/payments/attempts.rs"]);
    // The second one reads the rows of what was taken before.
    assert_eq!(naming("Ok(Trade {"), ["src/features/orders/paying.rs"]);
    assert_eq!(naming("Trade { attempt:"), ["src/features/payments/reading.rs"]);
    assert_eq!(naming(".pay(Provenance"), ["src/features/payments/handle.rs"]);
    assert_eq!(naming("PaymentChannel::Free,"), ["src/features/payments/handle.rs"]);
    assert!(naming("channel: PaymentChannel::WechatPay").is_empty() && naming("channel: PaymentChannel::Balance").is_empty());
}

/// Files of the server that have this text.
fn naming(text: &str) -> Vec<String> {
    let files = sources(&root().join("src")).into_iter().filter(|file| std::fs::read_to_string(file).unwrap().contains(text));
    let mut files: Vec<String> = files.map(|file| file.strip_prefix(root()).unwrap().display().to_string()).collect();
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn imports_nothing_of(folder: &str, parts: &[String]) {
    let sources = sources(&root().join(folder));
    assert!(!sources.is_empty(), "{folder}");
    for file in sources {
        let text = std::fs::read_to_string(&file).unwrap();
        for part in parts {
            let line = text.lines().find(|line| line.contains(part.as_str()));
            assert!(line.is_none(), "{} imports upwards: {}", file.strip_prefix(root()).unwrap().display(), line.unwrap_or_default());
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

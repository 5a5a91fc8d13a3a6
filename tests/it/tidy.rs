//! What a machine can check is a test, not a habit.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mallcore::platform::http::table::OTHER;
use mallcore_actors::refusal::{Refusal, Unavailable};

/// Ratchet: it only rises. `debug_assert!` counts too.
const ASSERTIONS_PER_100_FUNCTIONS_MIN: usize = 18;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder with this ending, with their text.
fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// Texts in double quotes that begin so. Good enough for names and paths, which hold no quotes.
fn literals<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    text.split('"').skip(1).filter(move |literal| literal.starts_with(beginning) && !literal.contains('\n'))
}

#[test]
fn the_hot_core_knows_no_http_and_no_sql() {
    let manifest = fs::read_to_string(root().join("actors/Cargo.toml")).unwrap();
    let sources = files("actors/src", ".rs");
    assert!(!sources.is_empty());
    for foreign in ["actix_web", "actix-web", "sqlx", "sea_query", "sea-query", "reqwest"] {
        assert!(!manifest.contains(foreign), "actors/Cargo.toml names {foreign}");
        for (path, text) in &sources {
            assert!(!text.contains(foreign), "{} names {foreign}", path.display());
        }
    }
}

#[test]
fn sql_from_text_is_vouched_for_in_one_file() {
    let users: Vec<_> = files("src", ".rs").into_iter().filter(|(_, text)| text.contains("AssertSqlSafe")).map(|(path, _)| path).collect();
    assert!(users.len() <= 1, "{users:?}");
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> BTreeSet<String> {
        files(folder, ".sql").iter().map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("migrations/mysql"), names("migrations/sqlite"));
}

#[test]
fn metrics_end_with_their_unit() {
    // A state that is 0 or 1 has no unit: it ends with the word for 1.
    const ENDINGS: [&str; 17] = [
        "_blocked",
        "_connected",
        "_frozen",
        "_halted",
        "_level",
        "_lost",
        "_refused",
        "_total",
        "_seconds",
        "_bytes",
        "_ratio",
        "_records",
        "_messages",
        "_resident",
        "_in_flight",
        "_orders",
        "_up",
    ];
    for folder in ["src", "actors/src"] {
        for (path, text) in files(folder, ".rs") {
            for name in literals(&text, "mallcore_").filter(|name| *name != "mallcore_actors") {
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}: {name}", path.display());
                assert!(ENDINGS.iter().any(|ending| name.ends_with(ending)), "{}: {name} ends with no unit", path.display());
            }
        }
    }
}

/// Declarations of metrics: the kind of each, and its name.
fn metrics() -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (path, text) in files("src", ".rs").into_iter().chain(files("actors/src", ".rs")) {
        for kind in ["Counter", "Gauge", "Histogram"] {
            for declaration in text.split(&format!("{kind}Family::new(")).skip(1) {
                let name = declaration.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                found.push((kind, name.unwrap_or_else(|| panic!("{}: a metric's name is not written there", path.display())).to_owned()));
            }
        }
    }
    found
}

#[test]
fn a_metric_is_declared_once_and_only_counters_are_totals() {
    let metrics = metrics();
    assert!(metrics.len() > 40, "{metrics:?}");
    let names: BTreeSet<&String> = metrics.iter().map(|(_, name)| name).collect();
    assert_eq!(names.len(), metrics.len(), "{metrics:?}");
    for (kind, name) in &metrics {
        assert_eq!(name.ends_with("_total"), *kind == "Counter", "{kind} {name}");
    }
}

#[test]
fn every_code_of_the_core_is_in_the_rules() {
    let rules = fs::read_to_string(root().join("docs/RULES.md")).unwrap();
    let listed = rules.split("## Refusals and transient errors").nth(1).unwrap();
    for code in Refusal::CODES.iter().chain(Unavailable::CODES) {
        assert!(listed.contains(&format!("`{code}`")), "docs/RULES.md does not explain {code}");
    }
}

#[test]
fn every_kind_of_event_has_a_schema() {
    let kinds: BTreeSet<&str> = mallcore_actors::kernel::Fact::names().collect();
    for kind in kinds {
        assert!(root().join(format!("docs/events/{kind}.schema.json")).exists(), "docs/events has no {kind}.schema.json");
    }
}

#[test]
fn files_stay_small() {
    for folder in ["src", "actors/src", "tests"] {
        for (path, text) in files(folder, ".rs") {
            assert!(text.lines().count() <= 450, "{} has {} lines", path.display(), text.lines().count());
        }
    }
}

/// The text without tests, comments and blank lines: what a release is built of. Good enough for counting, since rustfmt indents.
fn code(text: &str) -> String {
    let (mut kept, mut skipped_to) = (String::new(), None::<String>);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(end) = &skipped_to {
            skipped_to = (line != end).then(|| end.clone());
        } else if line.trim_start().starts_with("#[cfg(test)]") {
            let tested = lines.next().unwrap_or_default();
            let indent = &tested[..tested.len() - tested.trim_start().len()];
            skipped_to = (!tested.ends_with(';')).then(|| format!("{indent}}}"));
        } else if !line.trim_start().starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn the_hot_core_asserts_what_it_relies_on() {
    let (mut functions, mut assertions) = (0, 0);
    for (path, text) in files("actors/src", ".rs") {
        if path.ends_with("tests.rs") {
            continue;
        }
        let code = code(&text);
        functions +=
            code.split("fn ").skip(1).filter(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')).count();
        assertions += ["assert!(", "assert_eq!(", "assert_ne!("].iter().map(|name| code.matches(name).count()).sum::<usize>();
    }
    assert!(functions > 800, "{functions} functions: are they counted right?");
    assert!(assertions * 100 >= functions * ASSERTIONS_PER_100_FUNCTIONS_MIN, "{assertions} assertions in {functions} functions");
}

/// Comments that only complete a sentence (`/// Whose.`) say nothing: three words are the least.
#[test]
fn doc_comments_have_three_words() {
    let mut short = Vec::new();
    for folder in ["src", "actors/src", "actors/examples", "actors/tests", "bench/src", "bench/benches", "bench/tests", "tests"] {
        for (path, text) in files(folder, ".rs") {
            let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
            let blocks = lines.chunk_by(|one, next| one.starts_with("///") == next.starts_with("///"));
            for block in blocks.filter(|block| block[0].starts_with("///")) {
                let words = block.iter().flat_map(|line| line[3..].split_whitespace());
                if words.filter(|word| word.contains(char::is_alphanumeric)).count() < 3 {
                    short.push(format!("{}: {}", path.display(), block[0]));
                }
            }
        }
    }
    assert!(short.is_empty(), "{} doc comments of one or two words:\n{}", short.len(), short.join("\n"));
}

/// Path and methods of each operation in the OpenAPI document.
fn operations() -> Vec<(String, Vec<String>)> {
    let document = serde_json::to_value(mallcore::features::openapi("/v1")).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .map(|(path, methods)| (path.clone(), methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect()))
        .collect()
}

#[test]
fn every_operation_is_in_the_table_of_routes() {
    let table = mallcore::features::routes();
    for (path, methods) in operations() {
        let place = table.place(&path, "/v1");
        assert_ne!(place, OTHER, "{path} is missing in the table");
        assert_eq!(table[place].methods, methods.join(", "), "{path}");
    }
}

#[test]
fn every_operation_has_an_api_test() {
    let table = mallcore::features::routes();
    let tests = files("tests/it/api", ".rs");
    let tested: BTreeSet<usize> = tests
        .iter()
        .flat_map(|(_, text)| literals(text, "/"))
        .map(|path| table.place(path.split('?').next().unwrap_or(path), "/v1"))
        .collect();
    for (path, _) in operations() {
        assert!(tested.contains(&table.place(&path, "/v1")), "no test in tests/it/api asks {path}");
    }
}

#[test]
fn every_operation_has_its_own_id_and_says_who_may() {
    let document = serde_json::to_value(mallcore::features::openapi("/v1")).unwrap();
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{method} {path}: {id} is taken");
            let refuses_strangers = operation["responses"]["401"].is_object();
            assert_eq!(operation["security"].is_array(), refuses_strangers, "{method} {path}: 401 and security go together");
        }
    }
}

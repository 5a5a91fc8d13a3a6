//! docs/COVERAGE.md names routes, files and tests that are there, for each requirement of the shopper.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../docs/COVERAGE.md");
const ALL_ON_MARIADB: &str = "each_embedded_and_all_on_mariadb! {";
/// Rows of the requirements' checklist in sections 3.1 to 3.4, 4.1, 4.3 and 5.2, and of the sign-in of the back office.
const ROWS: [std::ops::RangeInclusive<u32>; 4] = [31..=68, 109..=111, 122..=134, 140..=170];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whatever stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Number and cells of each row.
fn rows() -> Vec<(u32, Vec<&'static str>)> {
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split(" | ").collect();
        let number = cells[0].strip_prefix("| R")?.parse().ok()?;
        assert_eq!(cells.len(), 5, "{line}");
        Some((number, cells))
    };
    DOCUMENT.lines().filter_map(row).collect()
}

/// The file that a test's module is in: `api::carts` or, in the core, `actors::zones`.
fn file_of(module: &str) -> Option<PathBuf> {
    let (folder, module) = match module.strip_prefix("actors::") {
        Some(module) => (root().join("actors/tests/it"), module),
        None => (root().join("tests/it"), module),
    };
    let path = folder.join(module.replace("::", "/"));
    [path.with_extension("rs"), path.join("mod.rs")].into_iter().find(|file| file.exists())
}

fn is_a_test(name: &str) -> bool {
    let Some((module, function)) = name.rsplit_once("::") else { return false };
    let Some(text) = file_of(module).map(|file| std::fs::read_to_string(file).unwrap()) else { return false };
    // The macro makes this one.
    (function == "all_on_mariadb" && text.contains(ALL_ON_MARIADB)) || text.contains(&format!("fn {function}("))
}

/// Whether the test asks a shop on SQLite and one on MariaDB: a macro makes it of the function, or its body says so.
fn runs_on_both(name: &str) -> bool {
    let Some((module, function)) = name.rsplit_once("::") else { return false };
    let text = file_of(module).map(|file| std::fs::read_to_string(file).unwrap()).unwrap_or_default();
    let listed = [ALL_ON_MARIADB, "each_on_both! {"].iter().flat_map(|made| text.split(made).skip(1));
    let is_listed =
        listed.flat_map(|list| list.split('}').next()).any(|list| list.lines().any(|line| line.trim() == format!("{function},")));
    let body = text.split(&format!("async fn {function}() {{\n")).nth(1).and_then(|rest| rest.split("\n}\n").next()).unwrap_or_default();
    is_listed || ["on_both(", "on_both_explained(", "World::both()", "scratch::both()"].iter().any(|both| body.contains(both))
}

/// Route and cells of each row of the routes.
fn routes() -> Vec<(&'static str, Vec<&'static str>)> {
    let table = DOCUMENT.split("| route |").nth(1).expect("a table of routes");
    table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | ").map(|(route, rest)| (route, rest.split(" | ").collect())))
        .collect()
}

#[test]
fn every_requirement_of_the_shopper_has_its_row() {
    let numbers: Vec<u32> = rows().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, ROWS.into_iter().flatten().collect::<Vec<_>>());
    for (number, cells) in rows() {
        let is_later = cells[3].starts_with("Later");
        assert!(is_later || !quoted(cells[3]).is_empty(), "R{number:03} names nothing that serves it");
        assert_eq!(is_later, quoted(cells[4]).is_empty(), "R{number:03}: what is there is shown by a test");
    }
}

#[test]
fn every_route_of_the_coverage_is_in_the_document_of_the_api() {
    let api = serde_json::to_value(mallcore::features::openapi("")).unwrap();
    let methods = ["GET ", "POST ", "PUT ", "DELETE "];
    let named: BTreeSet<&str> = quoted(DOCUMENT).into_iter().filter(|name| methods.iter().any(|method| name.starts_with(method))).collect();
    assert!(named.len() > 50, "{named:?}");
    for route in named {
        let (method, path) = route.split_once(' ').unwrap();
        assert!(api["paths"][path][method.to_lowercase()].is_object(), "there is no {route}");
    }
}

#[test]
fn every_file_and_test_of_the_coverage_is_there() {
    let (mut files, mut tests) = (0, 0);
    for (number, cells) in rows() {
        for name in quoted(cells[3]).into_iter().filter(|name| name.contains('/') && !name.contains(' ')) {
            assert!(root().join(name).exists(), "R{number:03}: there is no {name}");
            files += 1;
        }
        for name in quoted(cells[4]) {
            assert!(is_a_test(name), "R{number:03}: there is no test {name}");
            tests += 1;
        }
    }
    assert!(files > 20 && tests > 80, "{files} files, {tests} tests");
}

#[test]
fn every_route_is_tested_on_both_engines() {
    let api = serde_json::to_value(mallcore::features::openapi("")).unwrap();
    let named = routes();
    let mut missing = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            let Some((_, cells)) = named.iter().find(|(named, _)| *named == route) else {
                missing.push(format!("{route} has no row"));
                continue;
            };
            assert_eq!(cells.len(), 3, "{route}");
            if quoted(cells[0]).is_empty() {
                missing.push(format!("{route} has no happy path"));
            }
            let not_found = operation["responses"]["404"]["description"].as_str().unwrap_or_default();
            if not_found.contains("another's") && quoted(cells[2]).is_empty() {
                missing.push(format!("nobody asks {route} for another's"));
            }
            let tests = cells.iter().flat_map(|cell| quoted(cell));
            missing.extend(tests.filter(|name| !runs_on_both(name)).map(|name| format!("{route}: {name} does not run on both engines")));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    assert!(is_a_test("coverage::a_test_that_is_not_there_is_noticed") && is_a_test("actors::zones::the_order_is_that_of_a_full_sort"));
    for name in ["coverage::another", "api::nothing::x", "api::carts::nothing", "all_on_mariadb", "api::reviews::all_on_mariadb"] {
        assert!(!is_a_test(name), "{name}");
    }
    assert!(runs_on_both("api::carts::a_guests_lines_are_merged_in") && runs_on_both("api::pricing::an_order_keeps_what_the_preview_said"));
    for name in ["api::orders::more_orders_than_fit_a_page_are_each_shown_once", "api::carts::nothing", "api::nothing::x"] {
        assert!(!runs_on_both(name), "{name}");
    }
}

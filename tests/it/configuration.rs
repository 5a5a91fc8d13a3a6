//! The documents of the configuration say what the code reads: each variable once, with its default and its values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use mallcore::platform::config::{Config, Setting};

const DOCUMENT: &str = "docs/CONFIGURATION.md";
/// The variables that matter to somebody who starts the shop for the first time.
const IN_README: usize = 8;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|cause| panic!("{path}: {cause}"))
}

/// Rows of tables whose first cell is one variable between backticks: its further cells, without the text around them.
fn rows(text: &str) -> Vec<(String, Vec<String>)> {
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
        let variable = cells.next().unwrap();
        let name = variable.trim_matches('`');
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
            rows.push((name.to_owned(), cells.collect()));
        }
    }
    rows
}

/// Texts between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// What is wrong with a variable's row, if anything is.
fn fault(settings: &BTreeMap<&'static str, Setting>, variable: &str, setting: &Setting, cells: &[String]) -> Option<String> {
    let [default, values, meaning] = cells else { return Some(format!("has {} cells, 4 are wanted", cells.len() + 1)) };
    if setting.defaults.is_empty() && !default.starts_with("none") {
        return Some(format!("has no default, so that cell has to begin with `none`, not {default:?}"));
    }
    if let Some(missing) = setting.defaults.iter().find(|known| !default.contains(known.as_str())) {
        return Some(format!("has the default {missing}, which its cell {default:?} does not name"));
    }
    let is_known = |word: &str| settings.contains_key(word) || setting.defaults.contains(&format!("`{word}`"));
    if let Some(wrong) = quoted(default).find(|word| !is_known(word)) {
        return Some(format!("has the default {}, not `{wrong}`", setting.default_text()));
    }
    let wanted = setting.values.to_string();
    let rest = values.strip_prefix(&wanted);
    if rest.is_none_or(|rest| !(rest.is_empty() || rest.starts_with(' '))) {
        return Some(format!("takes {wanted}: the cell of its values has to begin so, with the unit behind it, not {values:?}"));
    }
    let unit = variable.rsplit('_').find_map(|word| match word {
        "SECONDS" => Some("second"),
        "MILLIS" => Some("millisecond"),
        "MICROS" => Some("microsecond"),
        "BYTES" => Some("byte"),
        "PERCENT" => Some("percent"),
        _ => None,
    });
    if let Some(unit) = unit.filter(|unit| !values.contains(unit) && !variable.ends_with("PER_SECOND")) {
        return Some(format!("has no unit: {unit}s belong behind its range {values:?}"));
    }
    (!meaning.trim_end().ends_with('.')).then(|| format!("has a meaning that is no sentence: {meaning:?}"))
}

#[test]
fn the_table_of_settings_says_what_is_read() {
    let settings = Config::settings();
    let (mut faults, mut documented) = (Vec::new(), BTreeSet::new());
    for (variable, cells) in rows(&read(DOCUMENT)) {
        if !documented.insert(variable.clone()) {
            faults.push(format!("`{variable}` has two rows: remove one"));
        }
        match settings.get(variable.as_str()) {
            None => faults.push(format!("nothing in src/config reads `{variable}`: remove its row, or read it through `Reader`")),
            Some(setting) => {
                faults.extend(
                    fault(&settings, &variable, setting, &cells).map(|fault| format!("the row of `{variable}` is wrong: it {fault}")),
                );
            }
        }
    }
    for (variable, setting) in settings.iter().filter(|(variable, _)| !documented.contains(**variable)) {
        let row = format!("| `{variable}` | {} | {} <unit> | <meaning>. |", setting.default_text(), setting.values);
        faults
            .push(format!("`{variable}` is read and has no row. Put this into the table of its section and fill in the rest:\n    {row}"));
    }
    assert!(faults.is_empty(), "{DOCUMENT} and src/config differ:\n  {}", faults.join("\n  "));
}

/// Whoever reads a variable past the `Reader`, or only under a condition that `Config::settings` does not meet, would escape the test above.
#[test]
fn every_variable_that_the_code_names_is_a_setting() {
    let (settings, folder) = (Config::settings(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/config"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (at, quote) in code.match_indices('"') {
            let rest = &code[at + quote.len()..];
            let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
            let literal = &rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())];
            let is_name =
                literal.len() > 2 && !literal.starts_with('_') && !literal.ends_with('_') && rest[literal.len()..].starts_with('"');
            assert!(
                !is_name || settings.contains_key(literal),
                "{} names {literal}, which Config::settings() does not know: read it through `Reader`, and if that depends on another \
                 variable, set that one in the list `servers` of Config::settings",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_but_the_configuration_looks_at_the_environment() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), Path::new(env!("CARGO_MANIFEST_DIR")).join("actors/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("src/platform/config/mod.rs") {
                assert!(!fs::read_to_string(&path).unwrap().contains("env::var"), "{}: pass the value in from `Config`", path.display());
            }
        }
    }
}

#[test]
fn both_readmes_keep_the_variables_that_matter_and_link_to_the_rest() {
    let settings = Config::settings();
    let [english, chinese] = ["README.md", "README.zh.md"].map(|path| {
        let text = read(path);
        assert!(text.contains("(docs/CONFIGURATION.md)"), "{path} has no link to {DOCUMENT}");
        let rows = rows(&text);
        assert_eq!(rows.len(), IN_README, "{path}: a new setting belongs into {DOCUMENT}, not here");
        for (variable, cells) in &rows {
            let setting = settings.get(variable.as_str()).unwrap_or_else(|| panic!("{path}: nothing reads {variable}"));
            for default in setting.defaults.iter().filter(|default| default.starts_with('`')) {
                assert!(cells[0].contains(default.as_str()), "{path}: {variable} has the default {default}, not {:?}", cells[0]);
            }
        }
        rows.into_iter().map(|(variable, _)| variable).collect::<Vec<_>>()
    });
    assert_eq!(english, chinese);
}

//! What runs the shop fits the shop: alerts name what is measured, documents name commands that exist, compose files set variables that are read.
//! Not here: whether the rules fire when they should (`docker/prometheus/rules_test.yml`, by promtool: `scripts/test.sh alerts`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use mallcore::cli::args::Cli;
use mallcore_actors::metrics::{GaugeFamily, Meters};
use mallcore_actors::refusal::{Refusal, Unavailable};
use metrics_exporter_prometheus::PrometheusBuilder;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// All Rust text below a folder.
fn sources(folder: &str) -> String {
    let (mut text, mut folders) = (String::new(), vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

/// Words of a text that begin so, as far as they consist of these letters.
fn words(text: &str, beginning: &str, is_letter: impl Fn(char) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(beginning) {
        let rest = &text[at..];
        found.insert(rest[..rest.find(|letter| !is_letter(letter)).unwrap_or(rest.len())].to_owned());
    }
    found
}

/// Lines `- alert: Name` of the rules.
fn alerts() -> Vec<String> {
    let rules = read("docker/prometheus/rules.yml");
    rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ").map(str::to_owned)).collect()
}

#[test]
fn alerts_name_only_what_is_measured() {
    let measured = sources("src") + &sources("actors/src");
    let named = words(&read("docker/prometheus/rules.yml"), "mallcore_", |letter| letter.is_ascii_lowercase() || letter == '_');
    assert!(named.len() > 10, "{named:?}");
    for name in &named {
        // A histogram is asked for by its buckets.
        let metric = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(measured.contains(&format!("\"{metric}\"")), "rules.yml names {metric}, which nothing measures");
    }
}

#[test]
fn alerts_name_only_reasons_that_are_counted() {
    let rules = read("docker/prometheus/rules.yml");
    let reasons: BTreeSet<_> = rules.split("reason=~\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap().split('|')).collect();
    assert!(!reasons.is_empty());
    for reason in reasons {
        let is_counted = Refusal::CODES.contains(&reason) || Unavailable::CODES.contains(&reason);
        assert!(is_counted, "rules.yml asks for the reason {reason}, which nothing counts");
    }
}

/// Counts with a recorder of its own, and shows what a scrape would.
fn scraped(measure: impl FnOnce()) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, measure);
    recorder.handle().render()
}

#[test]
fn every_reason_is_counted_under_its_code() {
    let told = scraped(|| {
        let meters = Meters::default();
        // Neither was counted while the codes were listed by hand.
        meters.refused(Refusal::WrongStatus);
        meters.refused(Refusal::TooMuchStock { most: 1 });
        meters.unavailable(Unavailable::LagFull);
    });
    for code in Refusal::CODES.iter().chain(Unavailable::CODES) {
        let count = u8::from(["wrong_status", "too_much_stock", "lag_full"].contains(code));
        assert!(told.contains(&format!("mallcore_orders_refused_total{{reason=\"{code}\"}} {count}\n")), "{code}: {told}");
    }
}

#[test]
fn a_metric_is_scraped_with_its_help_text() {
    static BOXES: GaugeFamily = GaugeFamily::new("boxes_messages", "Boxes of this test.");
    let told = scraped(|| {
        BOXES.get().set(1.0);
        BOXES.with(&[("colour", "red")]).set(2.0);
    });
    for line in ["# HELP boxes_messages Boxes of this test.\n", "boxes_messages 1\n", "boxes_messages{colour=\"red\"} 2\n"] {
        assert!(told.contains(line), "{line}: {told}");
    }
}

#[test]
fn each_alert_is_tested_and_says_what_to_do_first() {
    let (rules, tests, operations) =
        (read("docker/prometheus/rules.yml"), read("docker/prometheus/rules_test.yml"), read("docs/OPERATIONS.md"));
    let alerts = alerts();
    for part in rules.split("- alert: ").skip(1) {
        assert!(part.contains("description: \"First: "), "{part}");
        assert!(part.contains("severity: page") || part.contains("severity: ticket"), "{part}");
    }
    for alert in &alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n        exp_alerts:\n")), "rules_test.yml never makes {alert} fire");
        assert!(operations.contains(&format!("`{alert}`")), "docs/OPERATIONS.md does not name {alert}");
    }
    assert_eq!(alerts.iter().collect::<BTreeSet<_>>().len(), alerts.len(), "{alerts:?}");
}

#[test]
fn documents_name_commands_that_exist() {
    let cli = Cli::command();
    for path in ["docs/OPERATIONS.md", "docker/prometheus/rules.yml", "README.md", "README.zh.md", "docs/SCHEMA.md"] {
        for quoted in read(path).split("`mallcore ").skip(1) {
            let said = quoted.split('`').next().unwrap();
            let mut command = &cli;
            for word in said.split_whitespace().take_while(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')) {
                match command.find_subcommand(word) {
                    Some(found) => command = found,
                    // What follows a command without commands of its own is an argument.
                    None if word.starts_with('-') || !command.has_subcommands() => break,
                    None => panic!("{path}: `mallcore {said}`: there is no {word}"),
                }
            }
        }
    }
}

#[test]
fn variables_that_containers_get_are_read() {
    let read_here = sources("src/platform/config");
    for environment in ["dev", "test", "prod"] {
        let path = format!("docker/docker-compose.{environment}.yml");
        let compose = read(&path);
        let server = compose.split("\n  server:\n").nth(1).unwrap().split("\n\n").next().unwrap();
        let settings = server.split("    environment:\n").nth(1).unwrap();
        let settings = settings.lines().take_while(|line| line.starts_with("      ")).filter(|line| !line.trim_start().starts_with('#'));
        let mut names = BTreeSet::new();
        for line in settings {
            names.insert(line.trim().split(':').next().unwrap());
        }
        assert!(names.contains("APP_ENV") && names.len() > 5, "{path}: {names:?}");
        for name in names {
            let is_read = |name: &str| read_here.contains(&format!("\"{name}\""));
            // SSL_CERT_*: the TLS library's own, where it looks for authorities.
            let is_known = is_read(name) || name.strip_suffix("_FILE").is_some_and(is_read) || name.starts_with("SSL_CERT_");
            assert!(is_known, "{path} sets {name}, which nothing reads");
        }
    }
}

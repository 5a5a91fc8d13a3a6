//! `config check|list`: everything as it would be used, and everything that can be set. Secrets print as stars.

use super::out::Out;
use crate::platform::config::Config;

/// Prints the configuration; its faults were shown when it was read.
pub fn check(config: &Config, out: &mut Out) {
    out.line(format_args!("{config:#?}"));
    out.line(format_args!("configuration is sound, mode {}", config.mode.name()));
}

/// Prints every variable with what stands for it when it is not set and what it may be set to.
pub fn list(out: &mut Out) {
    out.line(format_args!("{:<30} {:<36} VALUES", "VARIABLE", "DEFAULT"));
    for (variable, setting) in Config::settings() {
        out.line(format_args!(
            "{variable:<30} {:<36} {}",
            setting.default_text().replace('`', ""),
            setting.values.to_string().replace('`', "")
        ));
    }
    out.line(format_args!("A secret may also lie in a file that <VARIABLE>_FILE names. What each means: docs/CONFIGURATION.md"));
}

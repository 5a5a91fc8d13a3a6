//! `config check`: everything as it would be used. Secrets print as stars.

use crate::config::Config;

/// Prints the configuration; its faults were shown when it was read.
pub fn run(config: &Config) {
    println!("{config:#?}");
    println!("configuration is sound, mode {}", config.mode.name());
}

//! The arguments of every command.

use std::ops::RangeInclusive;

use clap::{Args, Parser, Subcommand};
use mallcore_actors::ids::{ID_MAX, UserId};
use mallcore_actors::quantity::QUANTITY_MAX;
use mallcore_actors::time::Timestamp;

/// Mallcore: a commerce core whose flash sales sell exactly their stock.
///
/// Configured by environment variables; without any it runs embedded: SQLite and journal in ./data, demo data, port 3000.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// `serve` unless said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be asked.
#[derive(Debug, Default, Subcommand)]
pub enum Command {
    /// Serve the shop (the default)
    #[default]
    Serve,
    /// Bring the database's schema up to date
    Migrate,
    /// Fill an empty data folder with the demo shop and one running flash sale
    SeedDemo(SeedDemo),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at the journal
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Flash sales
    #[command(subcommand)]
    Seckill(SeckillCommand),
    /// Print bearer tokens of shoppers, one a line (not in production)
    Token(Token),
    /// Say what is wrong with configuration, servers, disk and limits, and what to do about it; beside a running server or without one
    Doctor(Doctor),
    /// Compare memory, journal and database, and say every difference
    Reconcile,
}

/// Of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check everything and show it, without secrets
    Check,
}

/// Of `journal`.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Show records, one a line, or one of them as JSON
    Inspect(Inspect),
    /// Read every record and fold it: damage and broken invariants are said with their place
    Verify,
}

/// What `journal inspect` shows.
#[derive(Debug, Args)]
pub struct Inspect {
    /// This record alone, as JSON
    #[arg(long, conflicts_with_all = ["from", "count"])]
    pub sequence: Option<u64>,
    /// From this sequence on
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// At most so many records
    #[arg(long, default_value_t = 100)]
    pub count: u64,
}

/// The demo shop.
#[derive(Debug, Clone, Copy, Args)]
pub struct SeedDemo {
    /// Pieces of each item of the running sale
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub flash_stock: u32,
    /// Pieces that one user may have of each
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(QUANTITY_MAX)))]
    pub flash_limit: u32,
    /// Items of the running sale
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub flash_items: u32,
}

impl Default for SeedDemo {
    fn default() -> Self {
        Self { flash_stock: 1_000, flash_limit: 1, flash_items: 1 }
    }
}

/// Of `seckill`.
#[derive(Debug, Subcommand)]
pub enum SeckillCommand {
    /// Plan a flash sale of one SKU
    Create(CreateSale),
    /// Show all flash sales
    List,
}

/// A flash sale to plan.
#[derive(Debug, Args)]
pub struct CreateSale {
    /// Its name
    #[arg(long)]
    pub name: String,
    /// What it sells
    #[arg(long)]
    pub sku: u64,
    /// Pieces set aside
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub quota: u32,
    /// Pieces that one user may have
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(QUANTITY_MAX)))]
    pub limit: u32,
    /// Price of a piece in fen
    #[arg(long)]
    pub price_fen: u64,
    /// First moment, such as 2026-11-24T10:00:00+08:00
    #[arg(long, value_parser = moment)]
    pub starts_at: Timestamp,
    /// First moment after it
    #[arg(long, value_parser = moment)]
    pub ends_at: Timestamp,
}

/// What `doctor` is told.
#[derive(Debug, Args)]
pub struct Doctor {
    /// For programs
    #[arg(long)]
    pub json: bool,
    /// Orders a second for which the budgets are sized
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub orders_per_second: u32,
}

/// Whose tokens, and for how long.
#[derive(Debug, Args)]
pub struct Token {
    /// Users' ids: one, or first and last such as 1-10000
    #[arg(long, value_parser = users)]
    pub users: UserRange,
    /// Seconds that the tokens are good for
    #[arg(long, default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(1..))]
    pub lifetime_seconds: u32,
}

/// Users from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRange(RangeInclusive<u64>);

impl UserRange {
    /// Each of them.
    pub fn users(&self) -> impl Iterator<Item = UserId> {
        // `users` admitted ids only.
        self.0.clone().filter_map(|id| UserId::new(id).ok())
    }
}

fn users(text: &str) -> Result<UserRange, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let id = |text: &str| text.trim().parse().ok().filter(|id| (1..=ID_MAX).contains(id));
    match (id(first), id(last)) {
        (Some(first), Some(last)) if first <= last => Ok(UserRange(first..=last)),
        _ => Err("ids such as 7 or 1-10000 are wanted".to_owned()),
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let at = chrono::DateTime::parse_from_rfc3339(text).map_err(|cause| cause.to_string())?;
    u64::try_from(at.timestamp_millis()).map(Timestamp::from_millis).map_err(|_| "a time after 1970 is wanted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn users_are_one_id_or_a_range() {
        let ids = |text: &str| users(text).map(|range| range.users().map(UserId::get).collect::<Vec<_>>());
        assert_eq!(ids("7"), Ok(vec![7]));
        assert_eq!(ids("1-3"), Ok(vec![1, 2, 3]));
        for bad in ["", "0", "3-1", "1-", "a", "1-2-3", "-1"] {
            assert!(ids(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_has_its_zone() {
        assert_eq!(moment("1970-01-01T08:00:01+08:00"), Ok(Timestamp::from_millis(1_000)));
        assert!(moment("2026-11-24 10:00").is_err());
    }
}

//! The arguments of every command.

use std::ops::RangeInclusive;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use mallcore_actors::ids::{ID_MAX, SkuId, UserId};
use mallcore_actors::quantity::QUANTITY_MAX;
use mallcore_actors::time::Timestamp;

use super::banner_args::BannerCommand;
use super::catalog_args::{BrandCommand, CategoryCommand, CreateProduct, SetDiscount, SetHot, ZoneSort};
use super::order_args::{OrderCommand, ShippingCommand};
use super::reconcile_args::Reconcile;
use super::review_args::ReviewCommand;
use super::variant_args::{SkuCommand, SpecCommand};
use crate::features::catalog::edits::Priced;

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
    /// The shop's clock
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Manage flash sales
    #[command(subcommand)]
    Seckill(SeckillCommand),
    /// Prices, shelf and stock of products
    #[command(subcommand)]
    Product(ProductCommand),
    /// Who signs in to the back office: accounts, passwords, roles
    #[command(subcommand)]
    Admin(super::admin::AdminCommand),
    /// Banners: pictures that lead somewhere
    #[command(subcommand)]
    Banner(BannerCommand),
    /// What sending costs: templates, and the products that have them
    #[command(subcommand)]
    Freight(super::freight::FreightCommand),
    /// Reviews of shoppers: look at them, show, hide and answer them
    #[command(subcommand)]
    Review(ReviewCommand),
    /// After-sale: answer cases, receive what comes back
    #[command(subcommand)]
    AfterSale(super::after_sale_args::AfterSaleCommand),
    /// Orders: those that wait to be sent, sending them, handing them out at the shop
    #[command(subcommand)]
    Order(OrderCommand),
    /// Carriers, and what WeChat was told of parcels
    #[command(subcommand)]
    Shipping(ShippingCommand),
    /// Money that goes back to shoppers: what waits, and refunds that a person decides about
    #[command(subcommand)]
    Refund(super::refund::RefundCommand),
    /// What changes of products still ask of a running server
    #[command(subcommand)]
    Outbox(super::outbox::OutboxCommand),
    /// Master keys of personal data
    #[command(subcommand)]
    Keys(super::keys::KeysCommand),
    /// Texts that shoppers accept
    #[command(subcommand)]
    Agreement(super::agreement::AgreementCommand),
    /// Print bearer tokens of shoppers, one a line (not in production)
    Token(Token),
    /// Events as other services get them
    #[command(subcommand)]
    Events(super::events::EventsCommand),
    /// Serve WeChat's login and WeChat Pay on 127.0.0.1 for those who have none, until interrupted (not in production)
    WechatSandbox(super::wechat_sandbox::WechatSandbox),
    /// Say what is wrong with configuration, servers, disk and limits, and what to do about it; beside a running server or without one
    Doctor(Doctor),
    /// Compare the database's own sums, WeChat Pay's bills and the books, and say every difference
    Reconcile(Reconcile),
}

/// What `config` can do.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check everything and show it, without secrets
    Check,
    /// Show every variable, with its default and what it may be set to
    List,
}

/// What `journal` can do.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Show records, one a line, or one of them as JSON
    Inspect(Inspect),
    /// Read every record and fold it: damage and broken invariants are said with their place
    Verify,
}

/// What `mallcore clock` does.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Let the next start begin with the machine's clock although the last records say a later time: they were written while the machine's
    /// clock was ahead. The server has to be stopped
    Rebase(RebaseClock),
}

/// Whether to rebase, or only to say what would be.
#[derive(Debug, Args)]
pub struct RebaseClock {
    /// Do it: the machine's clock was compared with another one and is right
    #[arg(long)]
    pub yes: bool,
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
    /// Products that there are at least: further editions of the demo shop's 225, for load
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub products: u32,
    /// Pieces of each SKU outside the sale
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub stock: u32,
}

impl Default for SeedDemo {
    fn default() -> Self {
        Self { flash_stock: 1_000, flash_limit: 1, flash_items: 1, products: 0, stock: 500 }
    }
}

/// What `seckill` can do.
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
    /// Name that shoppers are shown
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
    /// First moment with its zone, such as 2026-11-24T10:00:00+08:00, or `now`; not in the past
    #[arg(long, value_parser = start)]
    pub starts_at: Start,
    /// First moment after the sale, with its zone
    #[arg(long, value_parser = moment)]
    pub ends_at: Timestamp,
}

/// Of `product`. A change commits at once; a running server of the same database carries it on to actors, caches and the broker.
#[derive(Debug, Subcommand)]
pub enum ProductCommand {
    /// Show a product with its SKUs, their counts and versions
    Show {
        /// Id of the product
        product: u64,
    },
    /// Set the price of a product or of one of its SKUs; orders and flash sales keep theirs
    SetPrice(SetPrice),
    /// Put a product on the shelf or take it off
    SetStatus(SetStatus),
    /// Add available pieces of a SKU or take some away
    AdjustStock(AdjustStockArgs),
    /// Put a product in, with a SKU for each combination of its specs
    Create(CreateProduct),
    /// Put a product into the discount zone at a rate, or take it out
    SetDiscount(SetDiscount),
    /// Put a product into the hot zone or take it out
    SetHot(SetHot),
    /// Set a product's weight in the order of the zones
    ZoneSort(ZoneSort),
    /// Add, change and remove SKUs of a product
    #[command(subcommand)]
    Sku(SkuCommand),
    /// Change what the SKUs of a product differ in
    #[command(subcommand)]
    Spec(SpecCommand),
    /// Add categories of products
    #[command(subcommand)]
    Category(CategoryCommand),
    /// Add brands of products
    #[command(subcommand)]
    Brand(BrandCommand),
}

/// A new price.
#[derive(Debug, Args)]
pub struct SetPrice {
    /// A product such as 12 (all of its SKUs), or one SKU such as sku:34
    #[arg(value_parser = priced)]
    pub priced: Priced,
    /// Price of a piece in fen
    #[arg(long)]
    pub fen: u64,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// On the shelf or off it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ProductStatus {
    /// Shown and sold
    OnSale,
    /// Neither shown nor sold, in flash sales either
    OffSale,
}

/// A new place.
#[derive(Debug, Args)]
pub struct SetStatus {
    /// Id of the product
    pub product: u64,
    /// Where it belongs
    pub status: ProductStatus,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// A change of stock: by so many, or to exactly so many.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").required(true).args(["by", "to"])))]
pub struct AdjustStockArgs {
    /// Id of the SKU
    pub sku: u64,
    /// Pieces to add, such as 100, or to take away, such as -5
    #[arg(long, allow_negative_numbers = true)]
    pub by: Option<i32>,
    /// Pieces that shall be available
    #[arg(long, requires = "expected_version")]
    pub to: Option<u32>,
    /// The SKU's version as `product show` prints it: refused if anything has happened to it since
    #[arg(long, requires = "to", conflicts_with = "by")]
    pub expected_version: Option<u64>,
    /// Why; 200 characters at most
    #[arg(long)]
    pub reason: String,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// Who asks, and whether to wait for what becomes of it.
#[derive(Debug, Args)]
pub struct Whose {
    /// Who is to be named for it; 64 characters at most
    #[arg(long, env = "USER", default_value = "cli")]
    pub operator: String,
    /// Wait until a running server has done it, and say what became of it
    #[arg(long)]
    pub wait: bool,
    /// How long to wait
    #[arg(long, default_value_t = 30)]
    pub wait_seconds: u32,
}

/// What `doctor` is told.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON, for programs
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
    /// The first and the last id.
    pub const fn bounds(&self) -> (u64, u64) {
        (*self.0.start(), *self.0.end())
    }

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

fn priced(text: &str) -> Result<Priced, String> {
    let id = |text: &str| text.parse().ok().filter(|id| (1..=ID_MAX).contains(id));
    let priced = match text.split_once(':') {
        None => id(text).map(Priced::Product),
        Some(("product", product)) => id(product).map(Priced::Product),
        Some(("sku", sku)) => id(sku).and_then(|sku| SkuId::new(sku).ok()).map(Priced::Sku),
        Some(_) => None,
    };
    priced.ok_or_else(|| "a product such as 12 or a SKU such as sku:34 is wanted".to_owned())
}

/// When a sale starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As soon as it is planned.
    Now,
    /// At this time.
    At(Timestamp),
}

fn start(text: &str) -> Result<Start, String> {
    if text == "now" { Ok(Start::Now) } else { moment(text).map(Start::At) }
}

pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let wanted = "a time with its zone such as 2026-11-24T10:00:00+08:00 is wanted (Z for UTC)";
    let at = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| {
        let zoned = ["Z", ":00Z"].iter().map(|rest| chrono::DateTime::parse_from_rfc3339(&format!("{text}{rest}")));
        if zoned.into_iter().any(|read| read.is_ok()) { format!("it has no zone; {wanted}") } else { wanted.to_owned() }
    })?;
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
    fn a_price_is_a_products_or_a_skus() {
        assert_eq!(priced("12"), Ok(Priced::Product(12)));
        assert_eq!(priced("product:12"), Ok(Priced::Product(12)));
        assert_eq!(priced("sku:34"), Ok(Priced::Sku(SkuId::new(34).unwrap())));
        for bad in ["", "0", "sku:", "sku:0", "brand:1", "-1"] {
            assert!(priced(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn stock_is_changed_by_or_to_and_never_both() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).is_ok();
        assert!(parse("mallcore product adjust-stock 3 --by -5 --reason x"));
        assert!(parse("mallcore product adjust-stock 3 --to 5 --expected-version 0 --reason x"));
        for bad in ["", "--to 5", "--expected-version 1", "--by 1 --to 5 --expected-version 1", "--by 1 --expected-version 1"] {
            assert!(!parse(format!("mallcore product adjust-stock 3 --reason x {bad}").trim()), "{bad}");
        }
    }

    #[test]
    fn a_moment_has_its_zone() {
        assert_eq!(moment("1970-01-01T08:00:01+08:00"), Ok(Timestamp::from_millis(1_000)));
        for bad in ["2026-11-24T10:00:00", "2026-11-24 10:00:00", "2026-11-24T10:00"] {
            assert!(moment(bad).unwrap_err().starts_with("it has no zone"), "{bad}: {:?}", moment(bad));
        }
        for bad in ["", "tomorrow", "2026-11-24", "2026-11-24T10:00:00+8"] {
            assert!(moment(bad).unwrap_err().starts_with("a time with its zone"), "{bad}: {:?}", moment(bad));
        }
        assert_eq!(start("now"), Ok(Start::Now));
    }
}

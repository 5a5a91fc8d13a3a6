//! What `banner` is told.

use clap::{Args, Subcommand, ValueEnum};
use mallcore_actors::ids::{BannerId, ID_MAX};
use mallcore_actors::time::Timestamp;

use super::args::{Whose, moment};

/// Of `banner`. A change commits at once; a running server of the same database shows it a moment later.
#[derive(Debug, Subcommand)]
pub enum BannerCommand {
    /// Add a banner
    Add(AddBanner),
    /// Show all banners, those that are on first
    List,
    /// Show one banner with the products chosen for it
    Show {
        /// Id of the banner
        #[arg(value_parser = banner)]
        banner: BannerId,
    },
    /// Switch a banner on or off
    SetStatus(SetBannerStatus),
    /// Choose the products of a banner by hand, in the order in which they are named; without any, none is chosen
    Link(LinkBanner),
}

/// Where a banner leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LinkType {
    /// A list of products: manual, category:<id>, tag:<id> or recommended
    Products,
    /// A product, by its id
    Product,
    /// A category, by its id
    Category,
    /// An activity, by its id
    Activity,
    /// Another site: an https address whose host is in BANNER_LINK_HOSTS
    External,
}

impl LinkType {
    /// Its number, 1 to 5.
    pub const fn number(self) -> i64 {
        match self {
            Self::Products => 1,
            Self::Product => 2,
            Self::Category => 3,
            Self::Activity => 4,
            Self::External => 5,
        }
    }
}

/// A banner to add.
#[derive(Debug, Args)]
pub struct AddBanner {
    /// What it says
    #[arg(long)]
    pub title: String,
    /// Address of its picture
    #[arg(long)]
    pub image: String,
    /// Where it leads
    #[arg(long)]
    pub link_type: LinkType,
    /// What exactly, as the type wants it
    #[arg(long)]
    pub link_value: String,
    /// Its place, lowest first
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub sort_order: i32,
    /// First moment at which it is shown, with its zone, such as 2026-11-24T10:00:00+08:00
    #[arg(long, value_parser = moment)]
    pub starts_at: Option<Timestamp>,
    /// First moment at which it is no longer shown, with its zone
    #[arg(long, value_parser = moment)]
    pub ends_at: Option<Timestamp>,
    /// Leave it off
    #[arg(long)]
    pub off: bool,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Shown in its window of time
    On,
    /// Not shown at all
    Off,
}

/// A banner's new status.
#[derive(Debug, Args)]
pub struct SetBannerStatus {
    /// Id of the banner
    #[arg(value_parser = banner)]
    pub banner: BannerId,
    /// Whether it is shown at all
    pub status: Switch,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// The products of a banner.
#[derive(Debug, Args)]
pub struct LinkBanner {
    /// Id of the banner
    #[arg(value_parser = banner)]
    pub banner: BannerId,
    /// Id of a product; may be repeated
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub product: Vec<u64>,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

fn banner(text: &str) -> Result<BannerId, String> {
    text.parse().ok().and_then(|id| BannerId::new(id).ok()).ok_or_else(|| "the id of a banner is wanted".to_owned())
}

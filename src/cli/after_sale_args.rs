//! What the commands of after-sale are told.

use clap::{Args, Subcommand, ValueEnum};
use mallcore_actors::after_sales::Status;
use mallcore_actors::ids::ID_MAX;
use mallcore_actors::money::MONEY_MAX_FEN;

use super::args::Whose;

/// What `after-sale` can do.
#[derive(Debug, Subcommand)]
pub enum AfterSaleCommand {
    /// List cases, newest first
    List(ListCases),
    /// Show a case with all that happened to it
    Show {
        /// Id of the case
        #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
        case: u64,
    },
    /// Approve a case: a refund goes back at once, a return once its goods are there
    Approve(SettleCase),
    /// Refuse a case; its shopper may apply again
    Refuse(RefuseCase),
    /// Say that the goods of a return are there: the money goes back
    Receive(SettleCase),
    /// Refuse the goods of a return; its shopper may apply again
    RejectReturn(RefuseCase),
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CaseStatus {
    /// The merchant has to answer
    Applied,
    /// The shopper has to send the goods
    AwaitingReturn,
    /// The merchant has to receive the goods
    Returning,
    /// The order is being asked to refund
    Refunding,
    /// The money went back
    Done,
    /// The shopper took it back
    Cancelled,
    /// The merchant, or the order, refused it
    Refused,
    /// The merchant refused the goods
    ReturnRefused,
    /// The goods were not sent in time
    Expired,
}

impl CaseStatus {
    /// As the core calls it.
    pub const fn status(self) -> Status {
        match self {
            Self::Applied => Status::Applied,
            Self::AwaitingReturn => Status::AwaitingReturn,
            Self::Returning => Status::Returning,
            Self::Refunding => Status::Refunding,
            Self::Done => Status::Done,
            Self::Cancelled => Status::Cancelled,
            Self::Refused => Status::Refused,
            Self::ReturnRefused => Status::ReturnRefused,
            Self::Expired => Status::Expired,
        }
    }
}

/// Which cases are listed.
#[derive(Debug, Args)]
pub struct ListCases {
    /// Only in this status
    #[arg(long)]
    pub status: Option<CaseStatus>,
    /// Only of the order with this id
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub order: Option<u64>,
    /// Only those that somebody should have acted on by now
    #[arg(long)]
    pub overdue: bool,
    /// Only with ids below this one
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub before: Option<u64>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub count: u32,
}

/// A case to be approved, or whose goods are there.
#[derive(Debug, Args)]
pub struct SettleCase {
    /// Id of the case
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub case: u64,
    /// Make the pieces available again
    #[arg(long)]
    pub restock: bool,
    /// Give so much of the freight back, in fen; without it the rule holds: all that is left if nothing of the order was sent and these are its last pieces
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=MONEY_MAX_FEN))]
    pub freight_fen: Option<u64>,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// A case, or its goods, to be refused.
#[derive(Debug, Args)]
pub struct RefuseCase {
    /// Id of the case
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub case: u64,
    /// Why, for the shopper to read; 200 characters at most
    #[arg(long)]
    pub note: String,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

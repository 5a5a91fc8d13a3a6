//! What the commands of reconciliation are told.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use mallcore_actors::ids::ID_MAX;
use mallcore_actors::reconciliation::Action;
use mallcore_actors::values::day::BusinessDay;

/// What is compared: the database's own sums, unless said.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// What else is compared
    #[command(subcommand)]
    pub command: Option<ReconcileCommand>,
}

/// What `reconcile` can do.
#[derive(Debug, Subcommand)]
pub enum ReconcileCommand {
    /// Compare a day's bills of WeChat Pay with payments, refunds and stray money; ends with 1 if differences are not settled
    Payments(ReconcilePayments),
    /// List differences that are not settled, the oldest day first; ends with 1 if there are any
    Differences(ListDifferences),
    /// Settle a difference by a named action
    Settle(SettleDifference),
    /// Show what is on the ledger's accounts; ends with 1 if an entry does not balance
    Ledger(ShowLedger),
}

/// A day to be compared.
#[derive(Debug, Args)]
pub struct ReconcilePayments {
    /// The day in Asia/Shanghai; yesterday unless it is given
    #[arg(long)]
    pub date: Option<BusinessDay>,
    /// The bill of trades as it was downloaded at the merchant platform, unpacked; it is not fetched then
    #[arg(long)]
    pub trades: Option<PathBuf>,
    /// The bill of funds that belongs to it
    #[arg(long, requires = "trades")]
    pub funds: Option<PathBuf>,
    /// Print a JSON document
    #[arg(long)]
    pub json: bool,
}

/// Which differences are listed.
#[derive(Debug, Args)]
pub struct ListDifferences {
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub count: u32,
    /// Print a JSON document
    #[arg(long)]
    pub json: bool,
}

/// What a person may do about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NamedAction {
    /// WeChat Pay is late and the books are right
    BankDelay,
    /// Ask WeChat Pay again and take what it says; a running shop does it
    Take,
    /// Give money back that no order wants
    Refund,
    /// It belongs to another system under the same merchant number
    Foreign,
    /// It went to the shop's bank account, or came from there
    Transfer,
    /// Book the difference
    Adjust,
}

impl From<NamedAction> for Action {
    fn from(named: NamedAction) -> Self {
        match named {
            NamedAction::BankDelay => Self::BankDelay,
            NamedAction::Take => Self::Take,
            NamedAction::Refund => Self::Refund,
            NamedAction::Foreign => Self::Foreign,
            NamedAction::Transfer => Self::Transfer,
            NamedAction::Adjust => Self::Adjust,
        }
    }
}

/// A difference to be settled.
#[derive(Debug, Args)]
pub struct SettleDifference {
    /// Id of the difference
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub id: u64,
    /// What is done about it
    #[arg(long)]
    pub action: NamedAction,
    /// Why, for whoever audits it; 255 characters at most
    #[arg(long)]
    pub note: String,
    /// Who is to be named for it; 64 characters at most
    #[arg(long, env = "USER", default_value = "cli")]
    pub operator: String,
}

/// How the ledger is shown.
#[derive(Debug, Args)]
pub struct ShowLedger {
    /// Print a JSON document
    #[arg(long)]
    pub json: bool,
}

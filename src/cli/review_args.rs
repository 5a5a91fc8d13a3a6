//! What the commands of reviews are told.

use clap::{Args, Subcommand, ValueEnum};
use mallcore_actors::ids::ID_MAX;

use super::args::Whose;

/// What `review` can do.
#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// List reviews, newest first
    List(ListReviews),
    /// Show a review to everybody, and count it
    Show(ShowReview),
    /// Hide a review from everybody but its author
    Hide(ShowReview),
    /// Answer a review in the shop's name
    Reply(ReplyReview),
}

/// Whether others see a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReviewStatus {
    /// Nobody has looked at it
    Pending,
    /// Everybody sees it
    Shown,
    /// Only its author sees it
    Hidden,
}

/// Which reviews are listed.
#[derive(Debug, Args)]
pub struct ListReviews {
    /// Only in this status
    #[arg(long)]
    pub status: Option<ReviewStatus>,
    /// Only of this product
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub product: Option<u64>,
    /// Only with so many stars at most
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=5))]
    pub stars_max: Option<u8>,
    /// Only with ids below this one
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub before: Option<u64>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub count: u32,
}

/// A review to be shown or hidden.
#[derive(Debug, Args)]
pub struct ShowReview {
    /// Id of the review
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub review: u64,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// A review to be answered.
#[derive(Debug, Args)]
pub struct ReplyReview {
    /// Id of the review
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub review: u64,
    /// The answer; 500 characters at most
    #[arg(long)]
    pub text: String,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

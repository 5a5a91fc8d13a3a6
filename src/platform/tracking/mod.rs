//! Where a parcel is: the port to whoever knows, and what was heard, kept for a while (`cache`).
//! - G1 A parcel's number is asked about once within the configured time, by whoever looks first; who looks meanwhile sees what is known.
//! - G2 Nobody waits for more than one question, and a service that fails is left alone for a while: parcels are shown without it.

mod cache;
pub mod kuaidi100;
pub mod metrics;
mod sandbox;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;

pub use cache::{Known, Tracking};
pub use kuaidi100::Kuaidi100Tracker;
pub use sandbox::SandboxTracker;

use super::config::{self, TrackingKind};

/// Steps of one parcel that are kept, the newest.
pub const STEPS_MAX: usize = 100;
/// Characters of a step's text that are kept.
pub const STEP_CHARACTERS_MAX: usize = 300;

/// A parcel that is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The carrier, as 快递100 names it.
    pub carrier: String,
    /// The parcel's number there.
    pub number: String,
    /// The last four digits of the receiver's phone, for carriers that tell nobody else.
    pub phone_tail: Option<String>,
    /// When it was handed over.
    pub shipped_at: Timestamp,
}

/// How far a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is known yet.
    Unknown,
    /// The carrier has it.
    Accepted,
    /// It is between two places.
    InTransit,
    /// It is being brought to the receiver.
    OutForDelivery,
    /// The receiver has it.
    Delivered,
    /// Something is wrong with it.
    Problem,
    /// It goes back, or has gone back.
    Returned,
}

impl State {
    /// Each of them.
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::Accepted, Self::InTransit, Self::OutForDelivery, Self::Delivered, Self::Problem, Self::Returned];

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::InTransit => "in_transit",
            Self::OutForDelivery => "out_for_delivery",
            Self::Delivered => "delivered",
            Self::Problem => "problem",
            Self::Returned => "returned",
        }
    }
}

/// One step of a parcel's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, in the carrier's words.
    pub text: String,
}

/// A parcel's way so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// How far it is.
    pub state: State,
    /// Its steps, the newest first.
    pub steps: Vec<Step>,
}

/// Why nothing was heard.
#[derive(Debug, thiserror::Error)]
pub enum TrackingError {
    /// The service does not answer now.
    #[error("the tracking service is not available: {0}")]
    Unavailable(String),
    /// The service refuses us, or the question: account, balance, signature, parameters. A person has to act.
    #[error("the tracking service refuses: {0}")]
    Refused(String),
}

/// Whoever knows where parcels are.
pub trait Tracker: Send + Sync + 'static {
    /// A parcel's way so far; without any step for a parcel that it does not know (yet).
    fn track<'a>(&'a self, parcel: &'a Wanted, now: Timestamp) -> BoxFuture<'a, Result<Tracked, TrackingError>>;
}

/// The configured tracker; none where nobody is asked.
///
/// # Errors
/// The HTTP client's, if it cannot be made.
pub fn tracker(settings: &config::Shipping) -> Result<Option<Arc<dyn Tracker>>, reqwest::Error> {
    Ok(match (settings.tracking, &settings.kuaidi100) {
        (TrackingKind::None, _) | (TrackingKind::Kuaidi100, None) => None,
        (TrackingKind::Sandbox, _) => Some(Arc::new(SandboxTracker)),
        (TrackingKind::Kuaidi100, Some(account)) => Some(Arc::new(Kuaidi100Tracker::new(account.clone())?)),
    })
}

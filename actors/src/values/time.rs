//! Points in time, in milliseconds UTC. Business days are in the shop's zone and live at the edge.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(from = "u64")]
pub struct Timestamp(u64);

impl From<u64> for Timestamp {
    fn from(millis: u64) -> Self {
        Self::from_millis(millis)
    }
}

impl Timestamp {
    /// The last millisecond of the year 9999, the largest DATETIME(3) of both databases.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// A time; whatever lies beyond [`Timestamp::MAX`] becomes it.
    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// So many milliseconds later, at most [`Timestamp::MAX`].
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this, 0 if it is not earlier.
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Where actors read the time. Never goes backwards.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Whether the clock cannot be trusted: timers must not fire.
    fn frozen(&self) -> bool {
        false
    }
}

//! Banners, as the database has them.

use mallcore_actors::ids::BannerId;
use mallcore_actors::time::Timestamp;

use super::link::Link;

/// On: the number in `banners.status`.
pub const ON: i64 = 1;
/// Off: not shown, whatever its window.
pub const OFF: i64 = 0;

/// A row of `banners`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// Primary key of `banners`.
    pub id: BannerId,
    /// What it says.
    pub title: String,
    /// Address of its picture.
    pub image_url: String,
    /// Where it leads.
    pub link: Link,
    /// Its place, lowest first; ties by id, lowest first.
    pub sort_order: i64,
    /// Whether it is shown at all.
    pub is_on: bool,
    /// The first moment at which it is shown; none: from the beginning.
    pub starts_at: Option<Timestamp>,
    /// The first moment at which it is no longer shown; none: it stays.
    pub ends_at: Option<Timestamp>,
    /// Products that were chosen for it by hand, in their order.
    pub chosen: Box<[u64]>,
    /// Clicks that are written.
    pub clicks: u64,
}

impl Banner {
    /// Whether shoppers see it.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.is_on && self.starts_at.is_none_or(|start| start <= now) && self.ends_at.is_none_or(|end| now < end)
    }

    /// When that may change next, after this moment.
    pub fn turns_at(&self, now: Timestamp) -> Option<Timestamp> {
        [self.starts_at, self.ends_at].into_iter().flatten().filter(|at| *at > now).min().filter(|_| self.is_on)
    }
}

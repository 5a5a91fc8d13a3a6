//! Sold first, stored after. Whatever stores orders on the shop's machine takes the processor from whoever buys, and no priority of ours
//! reaches into a server: while a burst lasts, nothing is stored. What waited together is also stored for less each.
//! - B1 At most `records_max` wait for a burst's sake; then they are stored, whatever comes, until an eighth of that is left.
//! - B2 When fewer come than make a burst, nothing waits. A burst has ended after half a second of that: a disk that was slow for a moment
//!   has not ended it, and what is stored then makes the next moment slow.
//! - B3 What is stored in a burst all the same is stored with rests, up to three times as long as the work before, shorter the more waits,
//!   none once `eased_below` wait: buyers keep most of the machine for as long as there is room to wait.

/// So long few have to come until a burst has ended.
const CALM_MILLIS: u64 = 500;
/// A rest is at most so many times as long as the work before it.
const REST_TIMES: u64 = 3;
/// Work that took longer was slow for other reasons than ours, and is rested from as if it had taken this.
const WORKED_MILLIS_MAX: u64 = 1_000;

/// What is a burst, and how much of it may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurstLimits {
    /// So many records a second make a burst.
    pub records_per_second: u64,
    /// So many may wait for its end.
    pub records_max: u64,
    /// While fewer wait, storing in a burst is eased by rests; 0: it never is.
    pub eased_below: u64,
}

/// How long a projection defers its writes during a burst.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    limits: BurstLimits,
    /// So much has waited that storing comes first.
    spent: bool,
    /// For how long few have come.
    calm_millis: u64,
}

impl Burst {
    /// Nothing has come yet.
    pub const fn new(limits: BurstLimits) -> Self {
        Self { limits, spent: false, calm_millis: CALM_MILLIS }
    }

    /// Whether what waits should go on waiting, after `came` records in so many milliseconds.
    pub fn goes_on(&mut self, waiting: u64, came: u64, millis: u64) -> bool {
        let BurstLimits { records_per_second, records_max, .. } = self.limits;
        self.spent = waiting >= if self.spent { (records_max / 8).max(1) } else { records_max };
        let many = u128::from(came) * 1000 >= u128::from(records_per_second) * u128::from(millis) && came > 0;
        self.calm_millis = if many { 0 } else { self.calm_millis.saturating_add(millis) };
        self.calm_millis < CALM_MILLIS && !self.spent
    }

    /// How many milliseconds whoever stores should rest after having worked for so many, with `waiting` still to store.
    pub fn rest_millis(&self, waiting: u64, worked_millis: u64) -> u64 {
        let BurstLimits { records_max, eased_below, .. } = self.limits;
        if self.calm_millis >= CALM_MILLIS {
            return 0;
        }
        let range = eased_below.saturating_sub(records_max).max(1);
        let left = eased_below.saturating_sub(waiting).min(range);
        debug_assert!(left <= range, "B3: {left} of {range} left: the rest would be longer than the longest");
        let longest = worked_millis.min(WORKED_MILLIS_MAX) * REST_TIMES;
        (u128::from(longest) * u128::from(left) / u128::from(range)) as u64
    }
}

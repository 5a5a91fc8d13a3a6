//! Tracking for those who have no account anywhere: each parcel is on its way since it was sent, and arrives after two hours.

use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;

use super::{State, Step, Tracked, Tracker, TrackingError, Wanted};

const MINUTE_MILLIS: u64 = 60_000;

/// What happens after so many minutes.
const WAY: [(u64, State, &str); 4] = [
    (0, State::Accepted, "快件已被揽收（沙箱）"),
    (10, State::InTransit, "快件已到达转运中心，正发往目的地（沙箱）"),
    (60, State::OutForDelivery, "快递员正在派送（沙箱）"),
    (120, State::Delivered, "快件已签收（沙箱）"),
];

/// Makes a way up for each parcel, the same one each time.
#[derive(Debug, Clone, Copy)]
pub struct SandboxTracker;

impl Tracker for SandboxTracker {
    fn track<'a>(&'a self, parcel: &'a Wanted, now: Timestamp) -> BoxFuture<'a, Result<Tracked, TrackingError>> {
        let since = now.millis_since(parcel.shipped_at);
        let past: Vec<_> = WAY.iter().filter(|(minutes, ..)| since >= minutes * MINUTE_MILLIS).collect();
        let state = past.last().map_or(State::Unknown, |(_, state, _)| *state);
        let step = |(minutes, _, text): &&(u64, State, &str)| Step {
            at: parcel.shipped_at.plus_millis(minutes * MINUTE_MILLIS),
            text: (*text).to_owned(),
        };
        let steps = past.iter().rev().map(step).collect();
        Box::pin(async move { Ok(Tracked { state, steps }) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_parcel_arrives_step_by_step() {
        let parcel = Wanted {
            carrier: "shunfeng".to_owned(),
            number: "SF1".to_owned(),
            phone_tail: None,
            shipped_at: Timestamp::from_millis(1_000),
        };
        for (minutes, state, steps) in
            [(0, State::Accepted, 1), (10, State::InTransit, 2), (90, State::OutForDelivery, 3), (600, State::Delivered, 4)]
        {
            let tracked = SandboxTracker.track(&parcel, Timestamp::from_millis(1_000 + minutes * MINUTE_MILLIS)).await.unwrap();
            assert_eq!((tracked.state, tracked.steps.len()), (state, steps));
            assert!(tracked.steps.is_sorted_by_key(|step| std::cmp::Reverse(step.at)), "the newest first: {tracked:?}");
        }
    }
}

//! How a projection goes about its work.

use std::time::Duration;

use mallcore_actors::lag::BurstLimits;

/// How a projection goes about it.
#[derive(Debug, Clone)]
pub struct ProjectorSettings {
    /// Records a batch, about; at least 1.
    pub batch_records_max: usize,
    /// Begin paused: records stay in the journal until [`resume`](super::ProjectorHandle::resume).
    pub paused: bool,
    /// Run only when nobody else wants the processor (Linux's SCHED_IDLE), so that whoever buys is never held up.
    pub idle: bool,
    /// More records than this behind, it works at normal priority; half of them may wait for a burst's end.
    pub urgent_above: u64,
    /// So many records a second are a burst, whose end it waits for.
    pub burst_per_second: Option<u64>,
    /// Fewer records than this behind, it rests between what it writes in a burst all the same; 0: it does not. For a target that takes the
    /// processor from buyers whatever the priority of this thread is.
    pub eased_below: u64,
    /// A batch that takes longer is told to operators while it is still waited for: a connection that is cut off says nothing by itself.
    pub silent_after: Duration,
    /// How long few records may wait for more.
    pub linger: Duration,
    /// How long they may wait while 5,000 records a second come.
    pub linger_busy: Duration,
}

impl Default for ProjectorSettings {
    fn default() -> Self {
        let linger = Duration::from_millis(30);
        Self {
            batch_records_max: 8192,
            paused: false,
            idle: true,
            urgent_above: 1_000_000,
            burst_per_second: None,
            eased_below: 0,
            silent_after: Duration::from_secs(5),
            linger,
            linger_busy: linger,
        }
    }
}

impl ProjectorSettings {
    /// Which bursts it waits for.
    pub(super) fn burst_limits(&self) -> Option<BurstLimits> {
        let (records_max, eased_below) = (self.urgent_above / 2, self.eased_below);
        self.burst_per_second.map(|records_per_second| BurstLimits { records_per_second, records_max, eased_below })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_is_urgent_may_wait_for_the_end_of_a_burst() {
        let settings = ProjectorSettings { burst_per_second: Some(7), urgent_above: 1_001, eased_below: 3, ..ProjectorSettings::default() };
        assert_eq!(settings.burst_limits(), Some(BurstLimits { records_per_second: 7, records_max: 500, eased_below: 3 }));
        let waits_for_none = ProjectorSettings { burst_per_second: None, ..settings };
        assert_eq!(waits_for_none.burst_limits(), None);
    }
}

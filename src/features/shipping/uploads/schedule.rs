//! What follows from what WeChat said: pure.
//! - D1 A transient failure never gives up: pauses double from [`PAUSE_FIRST_MILLIS`] to [`PAUSE_LAST_MILLIS`].
//! - D2 What WeChat refuses is not sent again by itself: each call of a finished payment may be the last one.
//! - D3 A payment that WeChat does not know is asked for a while: right after the payment it may be unknown.

use crate::platform::wechat::shipping::Uploaded;

/// The first pause after a failure, in milliseconds.
pub const PAUSE_FIRST_MILLIS: u64 = 5_000;
/// The longest pause, in milliseconds: an hour.
pub const PAUSE_LAST_MILLIS: u64 = 3_600_000;
/// After so many attempts a payment that WeChat does not know is one that it will never know.
pub const UNKNOWN_ATTEMPTS_MAX: u32 = 10;

/// What becomes of an order's note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// WeChat knows all of it.
    Done,
    /// It is tried again.
    Later {
        /// After this pause, in milliseconds.
        pause_millis: u64,
        /// WeChat may have taken it: it is asked first.
        is_uncertain: bool,
        /// What went wrong.
        problem: String,
    },
    /// A person has to act.
    Failed {
        /// What went wrong.
        problem: String,
    },
}

/// The pause after so many attempts, the first one is 1.
pub const fn pause_millis(attempts: u32) -> u64 {
    let doublings = if attempts > 20 { 20 } else { attempts.saturating_sub(1) };
    let pause = PAUSE_FIRST_MILLIS << doublings;
    if pause < PAUSE_LAST_MILLIS { pause } else { PAUSE_LAST_MILLIS }
}

/// What follows from the answer to the attempt with this number. `is_all_delivered`: everything was told to be on its way.
pub fn after(uploaded: &Uploaded, attempts: u32, is_all_delivered: bool) -> Next {
    let problem = uploaded.to_string();
    let later = |is_uncertain| Next::Later { pause_millis: pause_millis(attempts), is_uncertain, problem: problem.clone() };
    match uploaded {
        Uploaded::Taken | Uploaded::Unchanged => Next::Done,
        // It was told before, perhaps by hand; of a part more could not be told any more.
        Uploaded::Finished if is_all_delivered => Next::Done,
        Uploaded::UnknownPayment(_) if attempts < UNKNOWN_ATTEMPTS_MAX => later(false),
        Uploaded::NotNow(_) => later(false),
        Uploaded::Unknown(_) => later(true),
        Uploaded::Finished | Uploaded::UnknownPayment(_) | Uploaded::Refused(_) => Next::Failed { problem },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_done_and_what_is_refused_waits_for_a_person() {
        let why = || "m".to_owned();
        assert_eq!(after(&Uploaded::Taken, 1, false), Next::Done);
        assert_eq!(after(&Uploaded::Unchanged, 1, false), Next::Done);
        assert_eq!(after(&Uploaded::Finished, 1, true), Next::Done);
        assert!(matches!(after(&Uploaded::Finished, 1, false), Next::Failed { .. }));
        assert!(matches!(after(&Uploaded::Refused(why()), 1, true), Next::Failed { .. }));
        assert!(matches!(after(&Uploaded::UnknownPayment(why()), 9, true), Next::Later { is_uncertain: false, .. }));
        assert!(matches!(after(&Uploaded::UnknownPayment(why()), 10, true), Next::Failed { .. }));
        assert!(matches!(after(&Uploaded::Unknown(why()), 1_000, true), Next::Later { is_uncertain: true, .. }));
        assert!(matches!(after(&Uploaded::NotNow(why()), 1_000, true), Next::Later { is_uncertain: false, .. }));
    }

    #[test]
    fn pauses_double_up_to_an_hour() {
        let pauses: Vec<u64> = (1..=12).map(pause_millis).collect();
        assert_eq!(&pauses[..4], [5_000, 10_000, 20_000, 40_000]);
        assert!(pauses.is_sorted() && pauses[11] == PAUSE_LAST_MILLIS && pause_millis(u32::MAX) == PAUSE_LAST_MILLIS);
    }
}

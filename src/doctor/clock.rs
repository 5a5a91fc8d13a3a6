//! The clock: whether the next start can begin with the machine's, or the journal has records of a time that is still to come.

use mallcore_actors::journal::os_disk::OsDisk;

use super::Finding;
use super::net::told;
use crate::platform::clock::rebase::{FILE, LastRecord, Rebase};
use crate::platform::clock::{STEP_MAX_MILLIS, machine_now, span};
use crate::platform::config::Config;
use crate::platform::rfc3339::Rfc3339;

const PART: &str = "clock";
const CHECK: &str = "last record";

pub(super) fn check(config: &Config) -> Option<Finding> {
    // Without a folder, or with one that cannot be read, `journal` says what there is to say.
    let disk = OsDisk::existing(config.storage.data_dir.join("journal")).ok()?;
    match LastRecord::of(&disk) {
        Ok(last) => last.map(|last| {
            let rebase = Rebase::load(&config.storage.data_dir.join(FILE), last.journal, last.sequence);
            judge(last, rebase, machine_now())
        }),
        Err(cause) => Some(Finding::warn(
            PART,
            CHECK,
            told(&cause),
            "see the finding on the journal's records; the clock cannot be judged without them",
        )),
    }
}

fn judge(last: LastRecord, rebase: Option<Rebase>, now: mallcore_actors::time::Timestamp) -> Finding {
    let LastRecord { sequence, at, .. } = last;
    let floor = Rebase::floor(rebase.as_ref(), sequence, at);
    let rebased = rebase.filter(|rebase| sequence <= rebase.through);
    let rebased = rebased.map_or_else(String::new, |rebase| format!(", rebased at {}", Rfc3339::from(rebase.at)));
    let seen = format!("record {sequence} is of {}, the machine's clock says {}{rebased}", Rfc3339::from(at), Rfc3339::from(now));
    if floor.millis() <= now.millis() + STEP_MAX_MILLIS {
        return Finding::pass(PART, CHECK, seen);
    }
    let remedy = format!(
        "a start begins {} ahead of the machine's clock, and timers stay frozen. If the machine's clock is right, stop the server, run \
         `mallcore clock rebase`, and start it again; if it is wrong, set it right (timedatectl)",
        span(floor.millis_since(now))
    );
    Finding::fail(PART, CHECK, seen, remedy)
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;
    use mallcore_actors::journal::Sequence;
    use mallcore_actors::time::Timestamp;

    #[test]
    fn a_record_from_the_future_fails_until_the_clock_is_rebased_above_it() {
        let now = Timestamp::from_millis(1_000_000_000);
        let journal = uuid::Uuid::from_u128(7);
        let outcome = |ahead, rebase| judge(LastRecord { journal, sequence: Sequence(9), at: now.plus_millis(ahead) }, rebase, now);
        assert_eq!([outcome(0, None).outcome, outcome(60_000, None).outcome], [Outcome::Pass; 2]);
        let wrong = outcome(5 * 3_600_000, None);
        assert_eq!(wrong.outcome, Outcome::Fail);
        assert!(wrong.remedy.is_some_and(|remedy| remedy.contains("mallcore clock rebase") && remedy.contains("5 h 0 min")));
        let rebase = |through| Some(Rebase { journal, through: Sequence(through), at: now });
        assert_eq!(outcome(5 * 3_600_000, rebase(9)).outcome, Outcome::Pass);
        assert_eq!(outcome(5 * 3_600_000, rebase(8)).outcome, Outcome::Fail, "the record came after it");
    }
}

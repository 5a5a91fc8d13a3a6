//! At which priority a projection works: only when nobody else wants the processor, as long as little waits; like everybody once much does,
//! because under hours of saturation nothing would be left for it.
//! A thread may lower itself, but without privileges it never rises again. So the low work is done by a thread that is ended and made anew;
//! what the target's drivers start inherits the priority of the thread that attaches them.

use mallcore_actors::lag::Urgency;
use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id};
use tokio::runtime::Runtime;
use tracing::{info, warn};

use super::runner::{End, Runner};
use super::target::Target;

/// Runs the runner until it stops, on this thread or on lower ones.
pub(super) fn run<T: Target>(mut runner: Runner<T>, runtime: &Runtime) {
    let mut urgency = Urgency::Calm;
    loop {
        let end = match urgency {
            Urgency::Calm if runner.may_idle() => lowered(&mut runner, runtime),
            Urgency::Calm | Urgency::Urgent => runtime.block_on(runner.run(urgency)),
        };
        let End::Became(next) = end else { return };
        info!("the {} projection is {next:?} and works at {} priority", T::NAME, if next == Urgency::Calm { "low" } else { "normal" });
        urgency = next;
    }
}

fn lowered<T: Target>(runner: &mut Runner<T>, runtime: &Runtime) -> End {
    let ended = std::thread::scope(|scope| {
        let work = || {
            lower_this_thread(T::THREAD);
            runtime.block_on(runner.run(Urgency::Calm))
        };
        let calm = std::thread::Builder::new().name(T::THREAD.to_owned()).spawn_scoped(scope, work);
        calm.map(|thread| thread.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked)))
    });
    ended.unwrap_or_else(|refused| {
        warn!("no low thread for the {} projection: {refused}", T::NAME);
        runtime.block_on(runner.run(Urgency::Calm))
    })
}

/// From now on this thread runs only when nobody else wants the processor (Linux's SCHED_IDLE); `name` is for the log.
pub fn lower_this_thread(name: &str) {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(refused) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy) {
        warn!("failed to lower the priority of the thread {name}: {refused}");
    }
}

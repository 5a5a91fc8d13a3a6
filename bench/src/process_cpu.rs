//! CPU time, context switches and memory of a process, from /proc.
//! Not here: figures of a single thread. Times have the kernel's tick of 10 ms: measure seconds, not requests.

use std::io;
use std::time::Duration;

/// USER_HZ: what /proc/<pid>/stat counts in; 100 on every Linux we run on.
const TICKS_PER_SECOND: u64 = 100;

/// What a process used so far, or between two looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuUse {
    /// In user mode, all threads.
    pub user: Duration,
    /// In the kernel for the process, all threads.
    pub system: Duration,
    /// Voluntary and involuntary switches of the threads that live now.
    pub context_switches: u64,
}

impl CpuUse {
    /// What was used after `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            context_switches: self.context_switches.saturating_sub(earlier.context_switches),
        }
    }

    /// User and kernel time together.
    pub fn total(self) -> Duration {
        self.user + self.system
    }

    /// Microseconds of CPU for each of `requests`; 0 when there was none.
    pub fn micros_per_request(self, requests: u64) -> f64 {
        if requests == 0 { 0.0 } else { self.total().as_secs_f64() * 1e6 / requests as f64 }
    }
}

/// Of this process.
pub fn of_self() -> io::Result<CpuUse> {
    of("self")
}

/// Of process `pid`.
pub fn of_pid(pid: u32) -> io::Result<CpuUse> {
    of(&pid.to_string())
}

/// CPU time of every process in the group of `leader`: some programs are scripts around the real one.
pub fn of_group(leader: u32) -> io::Result<Duration> {
    let mut total = Duration::ZERO;
    for entry in std::fs::read_dir("/proc")? {
        // A process may have ended since the folder was read, and not every entry is one.
        let Ok(stat) = std::fs::read_to_string(entry?.path().join("stat")) else { continue };
        if group(&stat) == Some(leader)
            && let Some((user, system)) = times(&stat)
        {
            total += user + system;
        }
    }
    Ok(total)
}

fn group(stat: &str) -> Option<u32> {
    stat[stat.rfind(')')? + 1..].split_ascii_whitespace().nth(2)?.parse().ok()
}

fn of(process: &str) -> io::Result<CpuUse> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (user, system) = times(&stat).ok_or_else(|| io::Error::other("/proc stat has another form"))?;
    let mut context_switches = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may have ended since the folder was read.
        if let Ok(status) = std::fs::read_to_string(task?.path().join("status")) {
            context_switches += switches(&status);
        }
    }
    Ok(CpuUse { user, system, context_switches })
}

fn times(stat: &str) -> Option<(Duration, Duration)> {
    // The name of the program may hold blanks and brackets; the fields after its last bracket begin with the state, field 3.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let ticks = |text: &str| text.parse().ok().map(|ticks: u64| Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND));
    Some((ticks(fields.nth(11)?)?, ticks(fields.next()?)?))
}

fn switches(status: &str) -> u64 {
    let lines = status.lines().filter(|line| line.contains("ctxt_switches:"));
    lines.filter_map(|line| line.rsplit_once(':')?.1.trim().parse::<u64>().ok()).sum()
}

/// Resident bytes of process `pid`.
pub fn resident_bytes(pid: u32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| io::Error::other("/proc status has no VmRSS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_name_with_brackets() {
        let stat = "12 (a ) (b) S 1 12 12 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 1 0 100 1000 200";
        assert_eq!(times(stat), Some((Duration::from_millis(2500), Duration::from_millis(500))));
        assert_eq!(group(stat), Some(12));
        assert_eq!(times("garbage"), None);
    }

    #[test]
    fn this_process_uses_memory_and_time() {
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000);
        assert!(of_self().unwrap().context_switches > 0 || of_self().unwrap().total() >= Duration::ZERO);
        assert_eq!(switches("Name: x\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t5\n"), 12);
    }
}

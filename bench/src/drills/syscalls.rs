//! `mall-bench drill syscalls`: the server below strace, and the order of its calls.
//! - Y1 the call that sends a 201 begins after the end of an fdatasync that began after the end of the journal write
//!   which holds that order's number. Where the number cannot be found in the journal's bytes, the write has to lie between
//!   the arrival of the request and the answer, which proves it for shoppers who come one at a time.
//!
//! The drill knows one thing of the server: that a record holds the order number in its compact form.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clap::Args;
use mallcore_actors::order_no::OrderNo;

use super::trace::{self, Call};
use crate::checks::Checks;
use crate::error::{Attempt as _, Error, Verdict};
use crate::load::{LoadPlan, wire};
use crate::measured;
use crate::server_process::{LIMIT_MAX, Seed};
use crate::testbed::{ModeOptions, READY_TIMEOUT, TestBed, TestBedOptions};

const CALLS: &str = "trace=fdatasync,fsync,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,read,recvfrom,recvmsg";
/// Longer than any group of records that this drill makes.
const STRING_BYTES_MAX: &str = "65536";
/// The folder of the journal below the data folder.
const JOURNAL: &str = "/journal/";

/// Options of `mall-bench drill syscalls`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Purchases one at a time, then as many over --connections.
    #[arg(long, default_value_t = 300)]
    purchases: u64,
    /// Connections of the second half.
    #[arg(long, default_value_t = 32)]
    connections: usize,
}

/// Buys below strace and reads the trace.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let version = Command::new("strace").arg("--version").output();
    version.attempt(|| "run strace, which this drill needs: install it (apt-get install strace)".to_owned())?;
    let stock = 10 * options.purchases;
    let testbed = TestBed::fresh(&options.testbed, options.mode, Seed { stock, limit: LIMIT_MAX, items: 1 }, 100)?;
    let file = testbed.folder().join("trace");
    let wrapper = ["strace", "-f", "-y", "-x", "-s", STRING_BYTES_MAX, "-e", CALLS, "-o"].map(str::to_owned);
    let mut server = testbed.setup.start(&[wrapper.as_slice(), &[file.display().to_string()]].concat())?;
    server.wait_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let one = measured::closed_loop(&server, &testbed.shoppers, &ids, 1, Duration::ZERO);
    let one = LoadPlan { duration: None, requests: Some(options.purchases), ..one };
    let many = LoadPlan { connections: options.connections, run: rand::random(), ..one.clone() };
    let told = measured::run(&one, &server)?.report.buys + measured::run(&many, &server)?.report.buys;
    server.stop()?;
    let verdict = judge(&file, told)?;
    testbed.finish(verdict);
    Ok(verdict)
}

fn judge(file: &Path, told: u64) -> Result<Verdict, Error> {
    let text = std::fs::read_to_string(file).attempt(|| format!("read {}", file.display()))?;
    let calls = trace::calls(&text);
    let answers = answers(&calls);
    let journal = Journal::of(&calls);
    let by_bytes = answers.iter().filter(|answer| journal.record_synced_before(answer) == Some(true)).count();
    let early: Vec<&str> = answers
        .iter()
        .filter(|answer| !journal.record_synced_before(answer).unwrap_or_else(|| journal.synced_between(answer.asked, answer.sent)))
        .map(|answer| answer.order_no.as_str())
        .collect();
    let mut checks = Checks::default();
    checks.check("every receipt is in the trace", answers.len() as u64 == told && told > 0, format!("{} of {told}", answers.len()));
    checks.check(
        "the journal writes and syncs",
        !journal.syncs.is_empty(),
        format!("{} writes, {} syncs", journal.writes.len(), journal.syncs.len()),
    );
    let seen = format!(
        "{} early; {by_bytes} of {} found in the journal's bytes, the rest by time {}",
        early.len(),
        answers.len(),
        early.join(" ")
    );
    checks.check("Y1 no 201 before its sync", early.is_empty(), seen);
    Ok(checks.verdict())
}

/// A 201 on its way out.
struct SentAnswer {
    order_no: String,
    /// Line where the request had arrived.
    asked: usize,
    /// Line where the answer begins to leave.
    sent: usize,
}

fn answers(calls: &[Call]) -> Vec<SentAnswer> {
    let is_sent =
        |call: &&Call| matches!(call.name.as_str(), "write" | "writev" | "sendto" | "sendmsg") && call.bytes.starts_with(b"HTTP/1.1 201");
    let asked = |answer: &Call| {
        let reads = calls.iter().filter(|call| matches!(call.name.as_str(), "read" | "recvfrom" | "recvmsg") && call.file == answer.file);
        reads.filter(|read| read.result > 0 && read.end < answer.begin).map(|read| read.end).max().unwrap_or(0)
    };
    let of = |call: &Call| {
        let order_no = wire::string_member(&call.bytes, b"\"order_no\"")?.to_owned();
        Some(SentAnswer { order_no, asked: asked(call), sent: call.begin })
    };
    calls.iter().filter(is_sent).filter_map(of).collect()
}

struct Journal<'a> {
    writes: Vec<&'a Call>,
    syncs: Vec<&'a Call>,
}

impl<'a> Journal<'a> {
    fn of(calls: &'a [Call]) -> Self {
        let on_journal = |names: &'static [&'static str]| {
            calls.iter().filter(move |call| names.contains(&call.name.as_str()) && call.file.contains(JOURNAL)).collect()
        };
        let writes: Vec<&Call> = on_journal(&["write", "writev", "pwrite64", "pwritev", "pwritev2"]);
        let syncs: Vec<&Call> = on_journal(&["fdatasync", "fsync"]);
        Self { writes, syncs: syncs.into_iter().filter(|sync| sync.result == 0).collect() }
    }

    /// `None`: the record cannot be found by its bytes.
    fn record_synced_before(&self, answer: &SentAnswer) -> Option<bool> {
        let order_no: OrderNo = answer.order_no.parse().ok()?;
        let compact = postcard::to_stdvec(&order_no).ok()?;
        let write = self.writes.iter().find(|write| write.bytes.windows(compact.len()).any(|window| window == compact))?;
        Some(self.is_synced(write, answer.sent))
    }

    fn synced_between(&self, asked: usize, sent: usize) -> bool {
        self.writes.iter().any(|write| write.begin > asked && self.is_synced(write, sent))
    }

    fn is_synced(&self, write: &Call, before: usize) -> bool {
        self.syncs.iter().any(|sync| sync.file == write.file && sync.begin > write.end && sync.end < before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = "1 recvfrom(5<socket:[8]>, \"POST\", 4096, 0, NULL, NULL) = 4\n";
    const WRITE: &str = "2 pwrite64(9</d/journal/1>, \"record\", 6, 0) = 6\n";
    const SYNC: &str = "2 fdatasync(9</d/journal/1>) = 0\n";
    const ANSWER: &str = "1 sendto(5<socket:[8]>, \"HTTP/1.1 201 Created\\r\\n\\r\\n{\\\"order_no\\\":\\\"X\\\"}\", 40, 0, NULL, 0) = 40\n";

    fn verdict(lines: &[&str]) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        std::fs::write(&file, lines.concat()).unwrap();
        judge(&file, 1).unwrap()
    }

    #[test]
    fn an_answer_after_write_and_sync_passes() {
        assert_eq!(verdict(&[READ, WRITE, SYNC, ANSWER]), Verdict::Holds);
    }

    #[test]
    fn an_answer_that_leaves_early_is_found() {
        for lines in [[READ, WRITE, ANSWER, SYNC], [READ, SYNC, WRITE, ANSWER], [WRITE, SYNC, READ, ANSWER], [READ, ANSWER, WRITE, SYNC]] {
            assert_eq!(verdict(&lines), Verdict::Broken, "{lines:?}");
        }
        let begun = [
            "1 recvfrom(5<socket:[8]>, \"P\", 4096, 0, NULL, NULL) = 1\n",
            WRITE,
            "2 fdatasync(9</d/journal/1> <unfinished ...>\n",
            ANSWER,
        ];
        assert_eq!(verdict(&[&begun[..], &["2 <... fdatasync resumed>) = 0\n"]].concat()), Verdict::Broken);
    }
}

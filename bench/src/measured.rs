//! A load run with the server's own use of the machine beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::error::{Attempt as _, Error};
use crate::load::pace::Pace;
use crate::load::plan::Mix;
use crate::load::shoppers::Shopper;
use crate::load::{self, Live, LoadPlan};
use crate::process_cpu;
use crate::report::Report;
use crate::server_process::Process;

/// The size of a probe's write: about a journal record.
const PROBE_BYTES: usize = 200;
const PROBES: usize = 200;

/// What one run of a load measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The client's figures.
    pub report: Report,
    /// Microseconds of CPU that the server used an answer.
    pub server_cpu_micros: f64,
    /// The same, of the stores behind it that we started: database, broker, Redis.
    pub store_cpu_micros: f64,
    /// Context switches of the server's threads an answer.
    pub context_switches: f64,
}

/// Runs `plan` against `server`.
pub fn run(plan: &LoadPlan, server: &Process) -> Result<Measured, Error> {
    run_watched(plan, server, &Arc::default(), |_| ())
}

/// Runs `plan` against `server`, with counters that others see.
pub fn run_watched(plan: &LoadPlan, server: &Process, live: &Arc<Live>, look: impl FnMut(&Live)) -> Result<Measured, Error> {
    let server_use = || process_cpu::of_pid(server.pid()).attempt(|| "read the server's CPU time".to_owned());
    // A store that has gone meanwhile used nothing that we could tell.
    let store_use = || server.stores.iter().filter_map(|pid| process_cpu::of_group(*pid).ok()).sum::<Duration>();
    let (server_before, stores_before) = (server_use()?, store_use());
    let result = load::run(plan, live, look)?;
    let (used, stores) = (server_use()?.since(server_before), store_use().saturating_sub(stores_before));
    let report = Report::of(&result);
    let answers = report.answers.max(1);
    Ok(Measured {
        server_cpu_micros: used.micros_per_request(answers),
        store_cpu_micros: stores.as_secs_f64() * 1e6 / answers as f64,
        context_switches: used.context_switches as f64 / answers as f64,
        report,
    })
}

/// A closed loop over `connections` for `duration`, with a run number of its own; the starting point of every plan here.
pub fn closed_loop(server: &Process, shoppers: &Arc<Vec<Shopper>>, items: &[u64], connections: usize, duration: Duration) -> LoadPlan {
    LoadPlan {
        server: server.http,
        shoppers: shoppers.clone(),
        items: items.to_vec(),
        quantity: 1,
        connections,
        threads: 1,
        duration: Some(duration),
        requests: None,
        pace: Pace::Closed,
        mix: Mix::default(),
        reconnect: false,
        ack_file: None,
        idle_timeout: Duration::from_secs(30),
        run: rand::random(),
    }
}

/// Sorted milliseconds of single small writes with fdatasync in `folder`: what the disk asks for one answer.
pub fn sync_probe(folder: &Path) -> Result<Vec<f64>, Error> {
    use std::io::{Seek as _, Write as _};
    let attempt = || format!("probe the disk in {}", folder.display());
    let mut file = tempfile::tempfile_in(folder).attempt(attempt)?;
    file.write_all(&vec![0; PROBES * PROBE_BYTES]).and_then(|()| file.sync_all()).and_then(|()| file.rewind()).attempt(attempt)?;
    let mut times = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        let begin = Instant::now();
        file.write_all(&[7; PROBE_BYTES]).and_then(|()| file.sync_data()).attempt(attempt)?;
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

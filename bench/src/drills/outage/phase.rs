//! One phase: the sale goes on for some seconds while something happens.

use std::time::Duration;

use super::health::Health;
use super::{Away, Drill, cancel, take_away};
use crate::drills::sale::Sale;
use crate::error::Error;
use crate::load::LoadPlan;
use crate::load::pace::Pace;
use crate::report::Report;
use crate::servers::Which;
use crate::testbed::READY_TIMEOUT;

/// The sale has begun before anything happens: what is under way at that moment is the drill.
const LEAD_SHARE: f64 = 0.1;
const LEAD_MAX: Duration = Duration::from_secs(2);
/// After the kill, until the dead shop is started again.
const DEAD_FOR: Duration = Duration::from_millis(500);
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// At the end of each phase so many orders are cancelled, so that orders have several events.
const CANCELLED: usize = 25;

/// What is taken away during one phase.
pub struct Phase {
    lost: Vec<Which>,
    way: Away,
    kill: bool,
}

impl Phase {
    /// Nothing is taken away.
    pub const CALM: Self = Self { lost: Vec::new(), way: Away::Stopped, kill: false };
    /// The shop is killed and started.
    pub const KILL: Self = Self { lost: Vec::new(), way: Away::Stopped, kill: true };

    /// Servers go away and stay away.
    pub fn losing(which: &[Which], way: Away) -> Self {
        Self { lost: which.to_vec(), way, kill: false }
    }
}

impl Drill<'_> {
    /// Sells for `seconds` through `phase`, and judges it.
    pub fn sell(&mut self, name: &str, seconds: f64, phase: Phase) -> Result<(), Error> {
        let duration = Duration::from_secs_f64(seconds);
        println!("== {name}, {seconds:.0} s");
        let sale = Sale::begin(&LoadPlan { duration: Some(duration), ..self.plan.clone() });
        std::thread::sleep(duration.mul_f64(LEAD_SHARE).min(LEAD_MAX));
        for which in &phase.lost {
            take_away(self.testbed.servers()?, *which, phase.way)?;
        }
        if phase.kill {
            self.kill_and_start(&sale)?;
        }
        let mut health = Health::default();
        while !sale.is_over() {
            health.look(&self.testbed.setup);
            std::thread::sleep(LOOK_INTERVAL);
        }
        let report = sale.finish()?;
        println!("{report}");
        println!("  ready  {health}");
        let lags = self.testbed.setup.lags()?;
        println!("  behind {}", lags.iter().map(|(name, records)| format!("{name} {records:.0}")).collect::<Vec<_>>().join(", "));
        self.judge(name, &phase, duration, &report, &health);
        let cancelled = cancel::last_orders(&self.testbed, CANCELLED)?;
        println!("  cancelled {cancelled}");
        self.cancelled += cancelled.closed;
        Ok(())
    }

    fn kill_and_start(&mut self, sale: &Sale) -> Result<(), Error> {
        let told = sale.bought();
        if let Some(server) = self.server.take() {
            server.kill9()?;
        }
        std::thread::sleep(DEAD_FOR);
        let (server, ready) = self.testbed.setup.start_ready(READY_TIMEOUT)?;
        println!("  killed after {told} receipts of this phase, ready again {:.2} s after its start", ready.as_secs_f64());
        self.server = Some(server);
        let sells = sale.sells(1, READY_TIMEOUT);
        self.checks.check("O1 the shop sells again", sells, format!("{} receipts by now", sale.bought()));
        Ok(())
    }

    fn judge(&mut self, name: &str, phase: &Phase, duration: Duration, report: &Report, health: &Health) {
        self.unanswered += report.outcomes.get("unanswered").copied().unwrap_or(0);
        let scheduled = match self.plan.pace {
            Pace::Open { per_second } => duration.as_secs_f64() * per_second,
            Pace::Closed => report.answers as f64,
        };
        let share = report.answers as f64 / scheduled;
        let seen = format!("{} of {scheduled:.0} answered, {} bought, {} errors", report.answers, report.buys, report.errors);
        let is_kept = phase.kill || share >= self.options.share_min;
        self.checks.check(&format!("O1 {name}: the sale goes on"), is_kept && report.errors == 0 && report.buys > 0, seen);
        if !phase.kill {
            self.checks.check(&format!("O2 {name}: it says that it can sell"), health.unable == 0, health);
        }
    }
}

//! `/health/ready` as gauges, one a part, so that an alert sees what a balancer sees.

use std::time::Duration;

use mallcore_actors::metrics::GaugeFamily;

use crate::platform::readiness::{Health, Readiness};

/// How a part does: 0 as it should, 1 degraded, 2 such that one cannot sell.
pub static HEALTH_LEVEL: GaugeFamily =
    GaugeFamily::new("mallcore_health_level", "How a part of /health/ready does: 0 as it should, 1 degraded, 2 such that one cannot sell.");
/// Label: which part of the server.
pub const PART: &str = "part";

/// Several times between two scrapes.
const INTERVAL: Duration = Duration::from_secs(2);

/// Keeps the gauges true until the task ends with its runtime.
pub async fn keep(readiness: impl Fn() -> Readiness) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        interval.tick().await;
        note(&readiness());
    }
}

fn note(readiness: &Readiness) {
    for check in &readiness.checks {
        let level = match check.health {
            Health::Pass => 0.0,
            Health::Degraded => 1.0,
            Health::Fail => 2.0,
        };
        HEALTH_LEVEL.with(&[(PART, check.part)]).set(level);
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;
    use crate::platform::readiness::Check;

    #[test]
    fn each_part_has_its_level() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let check = |part, health| Check { part, health, detail: String::new() };
        metrics::with_local_recorder(&recorder, || {
            note(&Readiness::new(vec![check("journal", Health::Fail), check("database", Health::Degraded)]));
            note(&Readiness::new(vec![check("journal", Health::Pass), check("database", Health::Degraded)]));
        });
        let told = recorder.handle().render();
        for (part, level) in [("journal", 0), ("database", 1)] {
            assert!(told.contains(&format!("{}{{{PART}=\"{part}\"}} {level}", HEALTH_LEVEL.name())), "{told}");
        }
    }
}

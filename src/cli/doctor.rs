//! `doctor`: what is wrong with this machine, its servers and its configuration, and what to do about it.

use actix_web::rt::System;

use super::CliError;
use super::args::Doctor;
use super::out::Out;
use crate::doctor::{Report, examine};
use crate::platform::config::{Config, Faults};

/// Looks, and says; a configuration that cannot be read is the first fault.
pub fn run(config: Result<Config, Faults>, args: &Doctor, out: &mut Out) -> Result<(), CliError> {
    let report = match config {
        Ok(config) => System::new().block_on(examine(&config, args.orders_per_second)),
        Err(faults) => Report::of_faults(&faults),
    };
    if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(|cause| CliError::failed("the report cannot be written", cause))?;
        out.line(format_args!("{json}"));
    } else {
        out.line(format_args!("{report}"));
    }
    match report.failures() {
        0 => Ok(()),
        failures => Err(CliError::Unwell(failures)),
    }
}

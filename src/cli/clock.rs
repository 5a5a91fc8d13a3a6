//! `clock rebase`: the way out when records were written while the machine's clock was ahead.

use mallcore_actors::journal::disk::Disk;
use mallcore_actors::journal::os_disk::OsDisk;

use super::CliError;
use super::args::{ClockCommand, RebaseClock};
use super::out::Out;
use crate::platform::clock::rebase::{FILE, LastRecord, Rebase};
use crate::platform::clock::{STEP_MAX_MILLIS, machine_now, span};
use crate::platform::config::Config;
use crate::platform::rfc3339::Rfc3339;

/// Carries the command out.
pub fn run(config: &Config, command: &ClockCommand, out: &mut Out) -> Result<(), CliError> {
    let ClockCommand::Rebase(args) = command;
    rebase(config, args, out)
}

fn rebase(config: &Config, args: &RebaseClock, out: &mut Out) -> Result<(), CliError> {
    let folder = config.storage.data_dir.join("journal");
    let file = config.storage.data_dir.join(FILE);
    let failed = |cause| CliError::failed(format!("the journal {} cannot be opened", folder.display()), cause);
    let disk = OsDisk::existing(&folder).map_err(failed)?;
    // Held to the end: no server may start from the old time meanwhile.
    let _lock = disk.lock().map_err(|cause| match cause.kind() {
        std::io::ErrorKind::WouldBlock => {
            CliError::Argument(format!("a server runs on {}: stop it first, start it again afterwards", disk.place()))
        }
        _ => failed(cause),
    })?;
    let last = LastRecord::of(&disk).map_err(|cause| CliError::failed("the last record cannot be read", cause))?;
    let now = machine_now();
    let Some(last) = last else {
        out.line(format_args!("the journal has no records: there is nothing to rebase"));
        return Ok(());
    };
    let before = Rebase::load(&file, last.journal, last.sequence);
    let floor = Rebase::floor(before.as_ref(), last.sequence, last.at);
    out.line(format_args!("the machine's clock says  {}", Rfc3339::from(now)));
    out.line(format_args!("record {}, the last, says  {}", last.sequence, Rfc3339::from(last.at)));
    if floor.millis() <= now.millis() + STEP_MAX_MILLIS {
        let rebased = before
            .filter(|rebase| last.sequence <= rebase.through)
            .map_or_else(String::new, |rebase| format!(": it was rebased at {}", Rfc3339::from(rebase.at)));
        out.line(format_args!("the next start begins with the machine's clock{rebased}; nothing was changed"));
        return Ok(());
    }
    out.line(format_args!("without a rebase the next start begins {} ahead of the machine's clock", span(floor.millis_since(now))));
    if !args.yes {
        return Err(CliError::Argument(
            "nothing was changed: compare the machine's clock with another one, then repeat with --yes. The shop's time then goes back to the \
             machine's, and every unpaid order gets its whole time to pay once more"
                .to_owned(),
        ));
    }
    let rebase = Rebase { journal: last.journal, through: last.sequence, at: now };
    rebase.save(&file).map_err(|cause| CliError::failed(format!("{} cannot be written", file.display()), cause))?;
    out.line(format_args!(
        "rebased: the next start begins with the machine's clock, and every unpaid order gets its whole time to pay once more, from now on. \
         Sales that the wrong clock has ended already stay ended: `mallcore seckill list` shows them"
    ));
    Ok(())
}

//! `journal inspect|verify`: what is in the journal, beside a running server or without one. Nothing is changed.

use mallcore_actors::facts::Record;
use mallcore_actors::journal::disk::Disk;
use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::{Sequence, inspect};
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::OrderFact;

use super::CliError;
use super::args::{Inspect, JournalCommand};
use super::out::Out;
use crate::platform::config::Config;
use crate::platform::rfc3339::Rfc3339;

/// Carries the command out.
pub fn run(config: &Config, command: &JournalCommand, out: &mut Out) -> Result<(), CliError> {
    let folder = config.storage.data_dir.join("journal");
    let failed = |cause| CliError::failed(format!("the journal {} cannot be opened", folder.display()), cause);
    let disk = OsDisk::existing(&folder).map_err(failed)?;
    match command {
        JournalCommand::Inspect(Inspect { sequence: Some(sequence), .. }) => show_one(&disk, Sequence(*sequence), out),
        JournalCommand::Inspect(args) => show(&disk, args, out),
        JournalCommand::Verify => verify(&disk, out),
    }
}

fn show(disk: &OsDisk, args: &Inspect, out: &mut Out) -> Result<(), CliError> {
    let mut left = args.count;
    let shown = inspect::records(disk, Sequence(args.from), &mut |sequence, payload| {
        if left == 0 {
            return false;
        }
        left -= 1;
        match Record::decode(payload) {
            Ok(record) => {
                out.line(format_args!("{sequence} {} {} {:?}", Rfc3339::from(record.header.at), record.fact.name(), record.fact));
            }
            Err(cause) => out.line(format_args!("{sequence} ({} bytes) {cause}", payload.len())),
        }
        left > 0 && !out.is_closed()
    });
    shown.map(drop).map_err(|cause| CliError::failed("the journal cannot be read", cause))
}

/// One record with all that is in it: what one looks at when a projection has halted.
fn show_one(disk: &OsDisk, wanted: Sequence, out: &mut Out) -> Result<(), CliError> {
    let mut found = None;
    let read = inspect::records(disk, wanted, &mut |sequence, payload| {
        if sequence == wanted {
            found = Some(Record::decode(payload));
        }
        false
    });
    read.map_err(|cause| CliError::failed("the journal cannot be read", cause))?;
    match found {
        Some(Ok(record)) => {
            out.line(format_args!("{:#}", document(wanted, &record)));
            Ok(())
        }
        Some(Err(cause)) => Err(CliError::failed(format!("record {wanted} means nothing to this release"), cause)),
        None => Err(CliError::Argument(format!("there is no record {wanted} in {}", disk.place()))),
    }
}

fn document(sequence: Sequence, record: &Record) -> serde_json::Value {
    let at = Rfc3339::from(record.header.at).to_string();
    let mut document = serde_json::json!({ "sequence": sequence, "at": at, "kind": record.fact.name(), "event": record.fact });
    // What the event holds in parts, as people and tables know it.
    if let (Fact::Orders(OrderFact::Placed(placed)), Some(fields)) = (&record.fact, document.as_object_mut()) {
        fields.insert("order_no".to_owned(), placed.no.to_string().into());
        let key: String = placed.key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        fields.insert("key_hash".to_owned(), key.into());
    }
    document
}

fn verify(disk: &OsDisk, out: &mut Out) -> Result<(), CliError> {
    let report = inspect::verify(disk).map_err(|cause| CliError::failed("the journal is damaged", cause))?;
    let uuid = report.uuid.map_or_else(|| "none yet".to_owned(), |uuid| uuid.to_string());
    out.line(format_args!("journal {uuid}, epoch {}, {} segments", report.epoch, report.segments.len()));
    for segment in &report.segments {
        let records = segment.records.map_or_else(|| "no records".to_owned(), |(first, last)| format!("records {first} to {last}"));
        out.line(format_args!(
            "  {} epoch {} {records}, {} of {} bytes, {:?}",
            segment.file, segment.epoch, segment.used_bytes, segment.file_bytes, segment.state
        ));
    }
    if let Some(cut) = &report.unfinished {
        out.line(format_args!("  unfinished tail, cut at the next opening (or a group that is being written): {cut:?}"));
    }
    report.leftovers.iter().for_each(|file| out.line(format_args!("  {file} is left over and removed at the next opening")));
    let (mut records, mut unreadable) = (0_u64, None);
    let read = inspect::records(disk, Sequence(1), &mut |sequence, payload| {
        records += 1;
        match Record::decode(payload) {
            Ok(_) => true,
            Err(cause) => {
                unreadable = Some((sequence, cause));
                false
            }
        }
    });
    read.map_err(|cause| CliError::failed("the journal cannot be read", cause))?;
    match unreadable {
        None => {
            out.line(format_args!("{records} records, all readable"));
            Ok(())
        }
        Some((sequence, cause)) => Err(CliError::failed(format!("record {sequence} means nothing to this release"), cause)),
    }
}

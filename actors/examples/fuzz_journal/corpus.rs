//! Small segments as the journal writes them, and what is in them.

use std::{error::Error, path::Path, sync::Arc};

use mallcore_actors::journal::{
    Journal, Sequence,
    fault_disk::FaultDisk,
    format::{Decoded, HEADER_BYTES, SegmentHeader, SegmentNumber, decode},
    segment_log::{Options, SegmentLog},
};

/// All samples are first segments.
pub const NUMBER: SegmentNumber = SegmentNumber(1);

/// One segment's bytes, as the fuzzer starts from them.
pub struct Sample {
    pub bytes: Vec<u8>,
    pub header: SegmentHeader,
    /// Payloads, from record 1 on.
    records: Vec<Vec<u8>>,
}

impl Sample {
    pub fn record(&self, sequence: Sequence) -> Option<&[u8]> {
        let index = usize::try_from(sequence.0.checked_sub(1)?).ok()?;
        self.records.get(index).map(Vec::as_slice)
    }
}

pub fn options(uuid: u128) -> Options {
    Options {
        segment_bytes: 2048,
        payload_bytes_max: 1024,
        budget_bytes: 8192,
        uuid_of_new: Some(uuid::Uuid::from_u128(uuid)),
        ..Options::default()
    }
}

/// Reads all files of the folder.
pub fn load(folder: &Path) -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let samples: Vec<_> = paths.iter().map(|path| sample(std::fs::read(path)?)).collect::<Result<_, _>>()?;
    if samples.is_empty() { Err("the corpus is empty".into()) } else { Ok(samples) }
}

fn sample(bytes: Vec<u8>) -> Result<Sample, Box<dyn Error>> {
    let header = SegmentHeader::decode(&bytes)?;
    let (mut at, mut records) = (HEADER_BYTES, Vec::new());
    while let Decoded::Frame(frame) = decode(&bytes[at..], header.seed().at(at as u64)) {
        records.push(frame.payload.to_vec());
        at += frame.bytes;
    }
    Ok(Sample { bytes, header, records })
}

/// Payload lengths of the groups of each sample.
const SHAPES: [(&str, &[&[usize]]); 7] = [
    ("empty", &[]),
    ("lone-empty-record", &[&[0]]),
    ("one-group", &[&[1, 7, 8, 9, 200]]),
    ("groups-of-one", &[&[40], &[40], &[40], &[40]]),
    ("growing-groups", &[&[3], &[30, 30], &[100, 0, 0, 100]]),
    ("longest-record", &[&[1024], &[16]]),
    ("full", &[&[200, 200, 200, 200], &[200, 200, 200, 200], &[144]]),
];

/// Writes the samples.
pub fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    for (index, (name, groups)) in SHAPES.into_iter().enumerate() {
        let disk = FaultDisk::new(0);
        let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), options(index as u128 + 1))?;
        for (group, lengths) in groups.iter().enumerate() {
            for (record, length) in lengths.iter().enumerate() {
                let text = format!("group {group} record {record} of {name} ");
                log.enqueue(&text.bytes().cycle().take(*length).collect::<Vec<_>>())?;
            }
            steps.write_group();
        }
        std::fs::write(folder.join(format!("{name}.segment")), disk.content(&NUMBER.file_name())?)?;
    }
    Ok(())
}

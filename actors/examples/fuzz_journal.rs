//! Mutates segments of the corpus and opens them, for as long as one likes:
//! `cargo run -p mallcore-actors --example fuzz_journal -- --seconds 600 --corpus actors/tests/corpus/journal`
//! - No bytes make the decoder or the opening panic.
//! - A record that is accepted is, at its place, byte for byte the one that was written.
//!
//! Deterministic: iteration n of seed s is iteration 0 of seed s + n (`--seed`, `--iterations 1`), printed on failure.
//! `--make-corpus` writes the corpus anew.

#[path = "fuzz_journal/corpus.rs"]
mod corpus;
#[path = "fuzz_journal/mutation.rs"]
mod mutation;

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use mallcore_actors::journal::{
    Journal, Sequence,
    disk::Disk,
    fault_disk::FaultDisk,
    format::{Decoded, HEADER_BYTES, SegmentHeader, decode},
    inspect,
    segment_log::SegmentLog,
};
use rand::{SeedableRng, rngs::SmallRng};

use corpus::Sample;

struct Arguments {
    seconds: u64,
    iterations: u64,
    seed: u64,
    corpus: PathBuf,
    makes_corpus: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    if arguments.makes_corpus {
        return corpus::make(&arguments.corpus);
    }
    let samples = corpus::load(&arguments.corpus)?;
    println!("{} segments, seed {}", samples.len(), arguments.seed);
    let until = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut outcomes = Outcomes::default();
    let mut iteration = 0;
    while iteration < arguments.iterations && (iteration % 256 != 0 || Instant::now() < until) {
        let seed = arguments.seed.wrapping_add(iteration);
        let outcome = catch_unwind(AssertUnwindSafe(|| one(&samples, seed)));
        match outcome {
            Ok(outcome) => outcomes.count(outcome),
            Err(_) => return Err(format!("failed: repeat with --seed {seed} --iterations 1").into()),
        }
        iteration += 1;
        if iteration % 1_000_000 == 0 {
            println!("{iteration} iterations: {outcomes:?}");
        }
    }
    println!("{iteration} iterations without a panic or a damaged record: {outcomes:?}");
    Ok(())
}

/// What opening said, so that a run shows that it reached all answers.
#[derive(Debug, Default)]
struct Outcomes {
    whole: u64,
    cut: u64,
    empty: u64,
    refused: u64,
}

enum Outcome {
    Whole,
    Cut,
    Empty,
    Refused,
}

impl Outcomes {
    fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Whole => &mut self.whole,
            Outcome::Cut => &mut self.cut,
            Outcome::Empty => &mut self.empty,
            Outcome::Refused => &mut self.refused,
        } += 1;
    }
}

/// Mutates one segment, decodes at every place where a frame could begin, then opens the journal that it makes.
fn one(samples: &[Sample], seed: u64) -> Outcome {
    let mut random = SmallRng::seed_from_u64(seed);
    let bytes = mutation::mutate(samples, &mut random);
    let header = SegmentHeader::decode(&bytes);
    // A header that still reads decides whose records these may be.
    let Some(sample) = samples.iter().find(|sample| header == Ok(sample.header)) else {
        assert!(header.is_err(), "a header that nobody wrote was accepted");
        return open(&bytes, None);
    };
    for at in (HEADER_BYTES..bytes.len()).step_by(8) {
        if let Decoded::Frame(frame) = decode(&bytes[at..], sample.header.seed().at(at as u64)) {
            let original = sample.record(frame.sequence);
            assert_eq!(original, Some(frame.payload), "a damaged record {} was accepted at byte {at}", frame.sequence);
        }
    }
    open(&bytes, Some(sample))
}

fn open(bytes: &[u8], sample: Option<&Sample>) -> Outcome {
    let disk = FaultDisk::new(0);
    let name = corpus::NUMBER.file_name();
    let placed = disk.create(&name).and_then(|_| disk.replace_content(&name, bytes.to_vec()));
    assert!(placed.is_ok(), "the disk is in memory");
    let verified = inspect::verify(&disk);
    let opened = SegmentLog::open_stepped(Arc::new(disk), corpus::options(0));
    assert_eq!(verified.is_ok(), opened.is_ok(), "operators and opening see the same");
    let Ok((log, _steps, recovered)) = opened else { return Outcome::Refused };
    let mut records = 0;
    let read = log.read(Sequence(1), usize::MAX, &mut |sequence, payload| {
        let original = sample.and_then(|sample| sample.record(sequence));
        assert_eq!(original, Some(payload), "a damaged record {sequence} was read");
        records += 1;
    });
    assert_eq!(read.ok(), Some(recovered.last.next()), "what is recovered can be read");
    match (records, recovered.cut) {
        (0, _) => Outcome::Empty,
        (_, Some(_)) => Outcome::Cut,
        (_, None) => Outcome::Whole,
    }
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut parsed = Arguments { seconds: 60, iterations: u64::MAX, seed: 1, corpus: PathBuf::new(), makes_corpus: false };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--seconds" => parsed.seconds = value()?.parse()?,
            "--iterations" => parsed.iterations = value()?.parse()?,
            "--seed" => parsed.seed = value()?.parse()?,
            "--corpus" => parsed.corpus = value()?.into(),
            "--make-corpus" => parsed.makes_corpus = true,
            _ => return Err(format!("unknown argument {name}").into()),
        }
    }
    if parsed.corpus.as_os_str().is_empty() { Err("--corpus says which folder has the segments".into()) } else { Ok(parsed) }
}

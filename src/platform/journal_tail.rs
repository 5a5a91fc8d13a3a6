//! Reads the durable records of the journal, decoded, a bounded part at a time.

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Durable, Journal, ReadError, Sequence};

/// Payload that is decoded at a time.
const CHUNK_BYTES: usize = 4 << 20;

/// Why the records cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The journal cannot be read.
    #[error("failed to read the journal's tail")]
    Journal(#[from] ReadError),
    /// A record has no meaning to this release.
    #[error("record {sequence} of the journal: {cause}")]
    Record {
        /// Number of the record.
        sequence: Sequence,
        /// Why its payload cannot be decoded.
        cause: DecodeError,
    },
}

/// The last durable record.
pub fn durable(journal: &dyn Journal) -> Sequence {
    let (Durable::Through(end) | Durable::Failed(end)) = *journal.durable().borrow();
    end
}

/// Hands over the records above `after` up to `end`, decoded.
pub fn fold(journal: &dyn Journal, after: Sequence, end: Sequence, mut take: impl FnMut(Sequence, &Record)) -> Result<(), TailError> {
    let mut next = after.next();
    while next <= end {
        let (read_to, chunk) = read_chunk(journal, next)?;
        next = read_to;
        chunk.iter().filter(|(sequence, _)| *sequence <= end).for_each(|(sequence, record)| take(*sequence, record));
    }
    Ok(())
}

/// Some records from `from` on, and the place after them.
pub fn read_chunk(journal: &dyn Journal, from: Sequence) -> Result<(Sequence, Vec<(Sequence, Record)>), TailError> {
    let mut chunk = Vec::new();
    let mut bad = None;
    let after = journal.read(from, CHUNK_BYTES, &mut |sequence, payload| match Record::decode(payload) {
        Ok(record) => chunk.push((sequence, record)),
        Err(cause) => bad = bad.take().or(Some((sequence, cause))),
    })?;
    match bad {
        Some((sequence, cause)) => Err(TailError::Record { sequence, cause }),
        None => Ok((after, chunk)),
    }
}

//! Snapshots as files of one folder, named by their journal and the record that they reach to.
//! - F1 A file has its name only once all of it is on disk; a crash leaves the older ones untouched.
//! - F2 The two newest stay: if the newest cannot be read, the one before it and a longer tail do the same.

use std::io;
use std::sync::Arc;

use super::SaleSnapshot;
use super::format::{Decoder, Encoder, FRAME_BYTES_MAX, FRAME_HEAD_BYTES, HEAD_BYTES, Malformed, check_head};
use crate::journal::disk::{Disk, DiskFile};
use crate::journal::{Identity, Sequence};

/// The name that these files had first: snapshots of earlier releases stay readable.
const SUFFIX: &str = ".pinned";
/// Under this name a snapshot is written.
const UNFINISHED: &str = "unfinished";
const KEPT: usize = 2;
/// Bytes that are written and synced at a time, so that syncs of the journal on the same disk never queue behind a whole snapshot.
const PIECE_BYTES: usize = 1 << 20;
/// Bytes that are read at a time.
const READ_BYTES: usize = 1 << 20;

/// A folder of snapshots.
pub struct Store {
    disk: Arc<dyn Disk>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// The last record in the snapshot.
    pub through: Sequence,
    /// Length of the file.
    pub bytes: u64,
    /// Buyers and orders in it.
    pub entries: u64,
}

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It cannot be read.
    #[error("failed to read it")]
    Io(#[from] io::Error),
    /// It is not what was written.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// It is about another journal.
    #[error("it belongs to journal {0}")]
    Foreign(uuid::Uuid),
    /// Records that follow it are gone.
    #[error("it reaches to record {through}, the journal begins at {first}")]
    Gap {
        /// The last record in the snapshot.
        through: Sequence,
        /// The journal's first.
        first: Sequence,
    },
}

/// Why one must not go on.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder cannot be read.
    #[error("failed to list the snapshots in {place}")]
    Io {
        /// The folder of snapshots.
        place: String,
        /// What went wrong underneath.
        #[source]
        cause: io::Error,
    },
    /// The journal lost records that were durable, and perhaps acknowledged.
    #[error(
        "snapshot {name} in {place} reaches to record {through} (epoch {epoch}), the journal ends at {end} (epoch {opened}): the journal is an \
         older copy; put the newest one back, or remove the folder of snapshots to give up what is missing"
    )]
    Ahead {
        /// The folder of snapshots.
        place: String,
        /// Name of the snapshot's file.
        name: String,
        /// The last record in the snapshot.
        through: Sequence,
        /// The epoch that wrote it.
        epoch: u64,
        /// The journal's last record.
        end: Sequence,
        /// The journal's epoch.
        opened: u64,
    },
}

/// The newest snapshot that is of use, and the newer ones that are not.
#[derive(Debug, Default)]
pub struct Found {
    /// The newest snapshot that is of use.
    pub sale_snapshot: Option<SaleSnapshot>,
    /// Files that were passed over, each with its reason.
    pub unusable: Vec<(String, Unusable)>,
}

impl Store {
    /// In this folder, which nobody else writes to.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// Where it is, for messages.
    pub fn place(&self) -> String {
        self.disk.place()
    }

    /// Writes a snapshot, then removes those that are no longer needed. `pause` is called after each piece.
    pub fn save(&self, identity: Identity, sale_snapshot: &SaleSnapshot, pause: &mut dyn FnMut()) -> io::Result<Saved> {
        let file = self.disk.create(UNFINISHED)?;
        let mut writer = Pieces { file, offset: 0, buffer: Vec::with_capacity(PIECE_BYTES), pause };
        let entries = Encoder::new(&mut |bytes| writer.write(bytes)).encode(identity, sale_snapshot)?;
        writer.flush()?;
        let bytes = writer.offset;
        self.disk.rename(UNFINISHED, &name(identity, sale_snapshot.through))?;
        self.disk.sync_folder()?;
        for old in self.names(identity)?.iter().skip(KEPT) {
            self.disk.remove(old)?;
        }
        Ok(Saved { through: sale_snapshot.through, bytes, entries })
    }

    /// Reads the newest one from which this journal's records `first..=end` lead to the present.
    pub fn load(&self, identity: Identity, first: Sequence, end: Sequence) -> Result<Found, LoadError> {
        let place = self.disk.place();
        let mut found = Found::default();
        for name in self.names(identity).map_err(|cause| LoadError::Io { place: place.clone(), cause })? {
            match self.read(&name) {
                Ok((of, _)) if of.uuid != identity.uuid => found.unusable.push((name, Unusable::Foreign(of.uuid))),
                Ok((of, sale_snapshot)) if sale_snapshot.through > end || of.epoch > identity.epoch => {
                    let (through, epoch, opened) = (sale_snapshot.through, of.epoch, identity.epoch);
                    return Err(LoadError::Ahead { place, name, through, epoch, end, opened });
                }
                Ok((_, sale_snapshot)) if sale_snapshot.through.next() < first => {
                    found.unusable.push((name, Unusable::Gap { through: sale_snapshot.through, first }));
                }
                Ok((_, sale_snapshot)) => {
                    found.sale_snapshot = Some(sale_snapshot);
                    break;
                }
                Err(unusable) => found.unusable.push((name, unusable)),
            }
        }
        Ok(found)
    }

    /// Names of this journal's finished snapshots, newest first.
    fn names(&self, of: Identity) -> io::Result<Vec<String>> {
        let prefix = of.uuid.simple().to_string();
        let is_ours = |name: &String| name.starts_with(&prefix) && name.ends_with(SUFFIX);
        let mut names: Vec<String> = self.disk.list()?.into_iter().filter(is_ours).collect();
        names.sort_unstable_by(|one, other| other.cmp(one));
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<(Identity, SaleSnapshot), Unusable> {
        let mut reader = Reader { file: self.disk.open_to_read(name)?, offset: 0, buffer: Vec::new(), at: 0 };
        let mut head = [0; HEAD_BYTES];
        head.copy_from_slice(reader.take(HEAD_BYTES)?);
        check_head(&head)?;
        let mut decoder = Decoder::default();
        loop {
            let mut frame = [0; FRAME_HEAD_BYTES];
            frame.copy_from_slice(reader.take(FRAME_HEAD_BYTES)?);
            let [l0, l1, l2, l3, c0, c1, c2, c3] = frame;
            let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
            if length > FRAME_BYTES_MAX {
                return Err(Malformed::Short.into());
            }
            if decoder.frame(u32::from_le_bytes([c0, c1, c2, c3]), reader.take(length)?)? {
                return Ok(decoder.finish().ok_or(Malformed::Short)?);
            }
        }
    }
}

fn name(of: Identity, through: Sequence) -> String {
    format!("{}-{:020}{SUFFIX}", of.uuid.simple(), through.0)
}

/// Gathers bytes and writes them in synced pieces.
struct Pieces<'a> {
    file: Arc<dyn DiskFile>,
    offset: u64,
    buffer: Vec<u8>,
    pause: &'a mut dyn FnMut(),
}

impl Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE_BYTES {
            self.flush()?;
            (self.pause)();
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_at(self.offset, &self.buffer)?;
        self.file.sync()?;
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// Reads a file in large pieces.
struct Reader {
    file: Arc<dyn DiskFile>,
    offset: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl Reader {
    /// The next so many bytes.
    fn take(&mut self, bytes: usize) -> Result<&[u8], Unusable> {
        if self.buffer.len() - self.at < bytes {
            self.buffer.drain(..self.at);
            self.at = 0;
            while self.buffer.len() < bytes {
                let kept = self.buffer.len();
                self.buffer.resize(kept + READ_BYTES, 0);
                let read = self.file.read_at(self.offset, &mut self.buffer[kept..])?;
                self.buffer.truncate(kept + read);
                self.offset += read as u64;
                if read == 0 {
                    return Err(Malformed::Short.into());
                }
            }
        }
        let begin = self.at;
        self.at += bytes;
        Ok(&self.buffer[begin..self.at])
    }
}

//! A snapshot's bytes: a head, then frames of a few hundred entries each, so that a million buyers need no buffer of their size.
//! - B1 A frame's checksum starts from its place, so that none can be missing, doubled or out of order; the last one counts them.
//! - B2 The version changes whenever a stored type does (`tests/it/sale_snapshot.rs` notices); a file of another version is not read.
//!
//! head   magic 8 | version u32
//! frame  length u32 | crc32 u32, started from the frame's number | payload: a `Part` in postcard's wire format

use serde::{Deserialize, Serialize};

use super::SaleSnapshot;
use crate::ids::{ActivityId, AdjustmentId, FlashItemId, SkuId, UserId};
use crate::journal::{Identity, Sequence};
use crate::orders::Order;
use crate::stock::{FlashQuota, Granted, QuotaCarved, Stock};
use crate::time::Timestamp;

/// The version that this release reads and writes.
pub(super) const VERSION: u32 = 4;
const MAGIC: [u8; 8] = *b"mallpin\n";
pub(super) const HEAD_BYTES: usize = 12;
pub(super) const FRAME_HEAD_BYTES: usize = 8;
/// Far above any frame: a longer one is damage.
pub(super) const FRAME_BYTES_MAX: usize = 8 << 20;
/// Entries of a frame, about 70 bytes each.
const ENTRIES: usize = 512;
/// Orders of a frame: a basket with its texts and its address takes up to 64 KiB.
const ORDERS: usize = 64;

/// A file that is no snapshot of this release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It begins with something else.
    #[error("it is no snapshot")]
    Magic,
    /// Another release wrote it.
    #[error("it has format version {found}, this release reads {VERSION}")]
    Version {
        /// The format version that the file says.
        found: u32,
    },
    /// A frame's bytes are not those that were written.
    #[error("frame {0} is damaged")]
    Frame(u32),
    /// It ends before its last frame.
    #[error("it ends early")]
    Short,
}

#[derive(Serialize, Deserialize)]
enum Part {
    /// First: which journal, and how far.
    Head { uuid: [u8; 16], epoch: u64, through: Sequence, last_at: Timestamp, next_order_id: u64 },
    /// What shoppers are shown.
    Plan(Vec<u8>),
    /// A SKU; the buyers of its quotas follow.
    Stock { sku: SkuId, available: u32, held: u32, sold: u32, version: Sequence, last_adjustment: Option<AdjustmentId>, quotas: Vec<Quota> },
    /// Some buyers of a quota of the last SKU, with the pieces that count towards the limit.
    Buyers { item: FlashItemId, buyers: Vec<(UserId, u32)> },
    /// Some of their requests.
    Granted { item: FlashItemId, granted: Vec<Granted> },
    /// Some orders, settled ones in the order in which they were settled.
    Orders(Vec<Order>),
    /// Some limits given back.
    LimitsReturned(Vec<(UserId, ActivityId)>),
    /// Last: the number of frames before it.
    End { frames: u32 },
}

#[derive(Serialize, Deserialize)]
struct Quota {
    carved: QuotaCarved,
    remaining: u32,
    held: u32,
    sold: u32,
    released: bool,
    buyers: u64,
}

/// Hands a snapshot's bytes on, piece by piece.
pub(super) struct Encoder<'a> {
    write: &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    frames: u32,
    buffer: Vec<u8>,
}

impl<'a> Encoder<'a> {
    pub fn new(write: &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> Self {
        Self { write, frames: 0, buffer: Vec::new() }
    }

    /// All of it. Returns the number of granted requests and orders.
    pub fn encode(mut self, identity: Identity, sale_snapshot: &SaleSnapshot) -> std::io::Result<u64> {
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&VERSION.to_le_bytes());
        (self.write)(&head)?;
        let SaleSnapshot { through, last_at, next_order_id, .. } = *sale_snapshot;
        self.part(&Part::Head { uuid: *identity.uuid.as_bytes(), epoch: identity.epoch, through, last_at, next_order_id })?;
        self.part(&Part::Plan(sale_snapshot.plan.clone()))?;
        let mut entries = 0;
        for stock in sale_snapshot.stocks.values() {
            entries += self.stock(stock)?;
        }
        entries += self.orders(sale_snapshot)?;
        let frames = self.frames;
        self.part(&Part::End { frames })?;
        Ok(entries)
    }

    fn stock(&mut self, stock: &Stock) -> std::io::Result<u64> {
        let quotas = stock.quotas().iter().map(|quota| Quota {
            carved: quota.as_carved(),
            remaining: quota.remaining(),
            held: quota.held(),
            sold: quota.sold(),
            released: quota.released(),
            buyers: quota.buyers().count() as u64,
        });
        self.part(&Part::Stock {
            sku: stock.sku(),
            available: stock.available(),
            held: stock.held(),
            sold: stock.sold(),
            version: stock.version(),
            last_adjustment: stock.last_adjustment(),
            quotas: quotas.collect(),
        })?;
        let mut entries = 0;
        for quota in stock.quotas() {
            let mut counting = quota.counting();
            loop {
                let buyers: Vec<_> = counting.by_ref().take(ENTRIES).collect();
                if buyers.is_empty() {
                    break;
                }
                self.part(&Part::Buyers { item: quota.item(), buyers })?;
            }
            let mut all = quota.granted();
            loop {
                let granted: Vec<_> = all.by_ref().take(ENTRIES).cloned().collect();
                if granted.is_empty() {
                    break;
                }
                entries += granted.len() as u64;
                self.part(&Part::Granted { item: quota.item(), granted })?;
            }
        }
        Ok(entries)
    }

    fn orders(&mut self, sale_snapshot: &SaleSnapshot) -> std::io::Result<u64> {
        let mut entries = 0;
        for shard in sale_snapshot.orders.shards() {
            let mut orders: Vec<&Order> = shard.all_orders().collect();
            orders.sort_unstable_by_key(|order| order.sequence);
            for some in orders.chunks(ORDERS) {
                self.part(&Part::Orders(some.iter().map(|order| (*order).clone()).collect()))?;
            }
            entries += orders.len() as u64;
            let returned: Vec<_> = shard.limits_returned().collect();
            for some in returned.chunks(ENTRIES) {
                self.part(&Part::LimitsReturned(some.to_vec()))?;
            }
        }
        Ok(entries)
    }

    fn part(&mut self, part: &Part) -> std::io::Result<()> {
        self.buffer.clear();
        self.buffer.resize(FRAME_HEAD_BYTES, 0);
        // Writing to a Vec cannot fail, and no type here refuses to be serialised.
        self.buffer = postcard::to_extend(part, std::mem::take(&mut self.buffer)).unwrap_or_default();
        let payload = self.buffer.get(FRAME_HEAD_BYTES..).unwrap_or_default();
        assert!(!payload.is_empty(), "B1: frame {} would be without its part", self.frames);
        if payload.len() > FRAME_BYTES_MAX {
            // It could not be read again; the snapshot before this one stays, and the failure is told.
            let reason =
                format!("frame {} of the snapshot has {} bytes, at most {FRAME_BYTES_MAX} can be read", self.frames, payload.len());
            return Err(std::io::Error::other(reason));
        }
        let (length, crc) = (payload.len() as u32, checksum(self.frames, payload));
        self.buffer[..4].copy_from_slice(&length.to_le_bytes());
        self.buffer[4..8].copy_from_slice(&crc.to_le_bytes());
        self.frames += 1;
        (self.write)(&self.buffer)
    }
}

fn checksum(frame: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(frame);
    hasher.update(payload);
    hasher.finalize()
}

/// Checks the first bytes of a file.
pub(super) fn check_head(head: &[u8; HEAD_BYTES]) -> Result<(), Malformed> {
    if head[..8] != MAGIC {
        return Err(Malformed::Magic);
    }
    let found = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    if found == VERSION { Ok(()) } else { Err(Malformed::Version { found }) }
}

/// Puts a snapshot together again, frame by frame.
#[derive(Default)]
pub(super) struct Decoder {
    sale_snapshot: SaleSnapshot,
    identity: Option<Identity>,
    frames: u32,
    stock: Option<Stock>,
}

impl Decoder {
    /// Takes a frame in; true if it was the last one.
    pub fn frame(&mut self, crc: u32, payload: &[u8]) -> Result<bool, Malformed> {
        let damaged = Malformed::Frame(self.frames);
        if checksum(self.frames, payload) != crc {
            return Err(damaged);
        }
        let part = match postcard::take_from_bytes(payload) {
            Ok((part, [])) => part,
            _ => return Err(damaged),
        };
        let is_last = self.take(part).ok_or(damaged)?;
        self.frames += 1;
        Ok(is_last)
    }

    /// None if the part does not belong there.
    fn take(&mut self, part: Part) -> Option<bool> {
        if matches!(part, Part::Head { .. }) != (self.frames == 0) {
            return None;
        }
        match part {
            Part::Head { uuid, epoch, through, last_at, next_order_id } => {
                self.identity = Some(Identity { uuid: uuid::Uuid::from_bytes(uuid), epoch });
                (self.sale_snapshot.through, self.sale_snapshot.last_at, self.sale_snapshot.next_order_id) =
                    (through, last_at, next_order_id);
            }
            Part::Plan(plan) => self.sale_snapshot.plan = plan,
            Part::Stock { sku, available, held, sold, version, last_adjustment, quotas } => {
                self.finish_stock();
                let quotas = quotas.into_iter().map(|stored| {
                    let mut quota = FlashQuota::restored(&stored.carved, stored.remaining, stored.held, stored.sold, stored.released);
                    quota.reserve_buyers(usize::try_from(stored.buyers).unwrap_or_default().min(BUYERS_RESERVED_MAX));
                    quota
                });
                self.stock = Some(Stock::new(sku, available, held, sold, version, last_adjustment, quotas.collect()));
            }
            Part::Buyers { item, buyers } => {
                let quota = self.quota(item)?;
                buyers.into_iter().for_each(|(user, pieces)| quota.restore_counting(user, pieces));
            }
            Part::Granted { item, granted } => {
                let quota = self.quota(item)?;
                granted.into_iter().for_each(|granted| quota.restore_granted(granted));
            }
            Part::Orders(orders) => {
                self.finish_stock();
                orders.into_iter().for_each(|order| self.sale_snapshot.orders.shard(order.user).place(order));
            }
            Part::LimitsReturned(returned) => {
                returned.into_iter().for_each(|(user, activity)| self.sale_snapshot.orders.shard(user).note_limit_returned(user, activity));
            }
            Part::End { frames } => {
                self.finish_stock();
                return (frames == self.frames).then_some(true);
            }
        }
        Some(false)
    }

    fn quota(&mut self, item: FlashItemId) -> Option<&mut FlashQuota> {
        self.stock.as_mut()?.quotas_mut().iter_mut().find(|quota| quota.item() == item)
    }

    fn finish_stock(&mut self) {
        if let Some(mut stock) = self.stock.take() {
            stock.folded_through(self.sale_snapshot.through);
            self.sale_snapshot.stocks.insert(stock.sku(), stock);
        }
    }

    /// Once the last frame was taken: whose it is, and what it holds.
    pub fn finish(self) -> Option<(Identity, SaleSnapshot)> {
        self.identity.map(|identity| (identity, self.sale_snapshot))
    }
}

/// A number in a file must not make us ask for all memory at once; more buyers than this grow their map as they come.
const BUYERS_RESERVED_MAX: usize = 4 << 20;

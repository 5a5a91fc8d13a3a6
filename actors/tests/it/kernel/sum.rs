//! An aggregate that adds up: each record adds its count to the sum of a key. What tests need to see or to upset is said by commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use mallcore_actors::facts::Record;
use mallcore_actors::journal::Sequence;
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::kernel::{
    Aggregate, BoxFuture, Committed, Fact, Handle, LoadFailed, Loader, Provenance, Recorder, Settled, Transaction,
};
use mallcore_actors::orders::{IdsFact, IdsReserved};
use mallcore_actors::refusal::{Answer, Refusal};
use parking_lot::Mutex;

use crate::clock::SetClock;

/// Keys from here on have no row and are no aggregates.
pub const NO_ROW: u64 = 1_000;

/// What a test does in somebody else's turn.
#[derive(Clone, Default)]
pub struct Hook(Option<Arc<dyn Fn() + Send + Sync>>);

impl Hook {
    pub fn new(does: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(does)))
    }

    pub fn run(&self) {
        if let Some(does) = &self.0 {
            does();
        }
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// The sum of one key.
#[derive(Debug, Clone)]
pub struct Sum {
    pub key: u64,
    pub total: u64,
    last: Sequence,
    folded: Sequence,
    /// Somebody relies on what only memory has.
    pub owes: bool,
    is_broken: bool,
    /// Run when somebody asks whether it is settled.
    on_settling: Hook,
}

/// Adds this much.
#[derive(Debug, Clone, Copy)]
pub struct Add(pub u32);
/// Tells the sum.
#[derive(Debug, Clone, Copy)]
pub struct Tell;
/// From now on something is owed, or no more.
#[derive(Debug, Clone, Copy)]
pub struct Owe(pub bool);
/// Panics while it decides.
#[derive(Debug, Clone, Copy)]
pub struct Panic;

/// What others do to it.
#[derive(Debug, Clone)]
pub enum Effect {
    /// A record that was committed elsewhere.
    Added(Arc<Committed>),
    /// The actor dies.
    Die,
}

/// The fact that adds `count` to `key`.
pub fn added(key: u64, count: u32) -> IdsFact {
    IdsFact::Reserved(IdsReserved { first: key, count })
}

/// Key and count of such a fact.
pub fn read(fact: &Fact) -> (u64, u32) {
    match fact {
        Fact::Ids(IdsFact::Reserved(added)) => (added.first, added.count),
        other => panic!("no fact of a sum: {other:?}"),
    }
}

impl Sum {
    /// As a row has it that includes every record up to `through`.
    pub fn of(key: u64, total: u64, through: Sequence) -> Self {
        Self { key, total, last: through, folded: through, owes: false, is_broken: false, on_settling: Hook::default() }
    }

    /// A row that cannot be right.
    pub fn broken(key: u64) -> Self {
        Self { is_broken: true, ..Self::of(key, 0, Sequence::ZERO) }
    }

    fn take(&mut self, sequence: Sequence, fact: &Fact) {
        let (key, count) = read(fact);
        if key == self.key && sequence > self.folded {
            self.total += u64::from(count);
            self.last = self.last.max(sequence);
        }
    }
}

impl Aggregate for Sum {
    type Key = u64;
    /// Counts of the effects that arrived, by key, in the order of arrival.
    type Shared = Mutex<Vec<(u64, u32)>>;
    type Effect = Effect;

    const NAME: &'static str = "sum";
    const ABSENT: Refusal = Refusal::UnknownItem;

    fn apply(&mut self, committed: &Committed) {
        self.take(committed.sequence, &committed.record.fact);
    }

    fn loaded_through(&mut self, checkpoint: Sequence) {
        self.folded = self.folded.max(checkpoint);
    }

    fn effect(&mut self, effect: Effect, shared: &Self::Shared) {
        match effect {
            Effect::Die => panic!("an actor that is to die"),
            Effect::Added(committed) => {
                shared.lock().push(read(&committed.record.fact));
                self.take(committed.sequence, &committed.record.fact);
            }
        }
    }

    fn last_record(&self) -> Sequence {
        self.last
    }

    fn is_settled(&self) -> bool {
        self.on_settling.run();
        !self.owes
    }

    fn broken(&self) -> Option<&'static str> {
        self.is_broken.then_some("a sum that cannot be right")
    }
}

impl Handle<Add> for Sum {
    type Reply = u64;

    fn handle(&mut self, Add(count): Add, _: &Self::Shared, transaction: &mut Transaction<'_>) -> Answer<Settled<u64>> {
        let committed = transaction.commit(added(self.key, count), |committed| self.apply(committed))?;
        Ok(Ok(Settled::on(committed.sequence, self.total)))
    }
}

impl Handle<Tell> for Sum {
    type Reply = u64;

    fn handle(&mut self, _: Tell, _: &Self::Shared, _: &mut Transaction<'_>) -> Answer<Settled<u64>> {
        Ok(Ok(Settled::on(self.last, self.total)))
    }
}

impl Handle<Owe> for Sum {
    type Reply = ();

    fn handle(&mut self, Owe(owes): Owe, _: &Self::Shared, _: &mut Transaction<'_>) -> Answer<Settled<()>> {
        self.owes = owes;
        Ok(Ok(Settled::on(Sequence::ZERO, ())))
    }
}

impl Handle<Panic> for Sum {
    type Reply = ();

    fn handle(&mut self, _: Panic, _: &Self::Shared, _: &mut Transaction<'_>) -> Answer<Settled<()>> {
        panic!("a command that panics")
    }
}

/// Rows as a projection would write them, read in one transaction with their checkpoint.
#[derive(Default)]
pub struct Rows(Mutex<State>);

#[derive(Default)]
struct State {
    rows: BTreeMap<u64, u64>,
    checkpoint: Sequence,
    /// The checkpoints that rows were read at.
    loads: Vec<(u64, Sequence)>,
    is_down: bool,
    /// The key of a damaged row, and how often it will be read.
    damaged: Option<(u64, u32)>,
    on_settling: Hook,
}

impl Rows {
    /// Projects the records up to this one.
    pub fn project(&self, records: &[Committed], through: Sequence) {
        let mut state = self.0.lock();
        let before = state.checkpoint;
        for committed in records.iter().filter(|committed| committed.sequence > before && committed.sequence <= through) {
            let (key, count) = read(&committed.record.fact);
            *state.rows.entry(key).or_default() += u64::from(count);
        }
        state.checkpoint = through;
    }

    /// What is projected.
    pub fn checkpoint(&self) -> Sequence {
        self.0.lock().checkpoint
    }

    /// The database is away, or back.
    pub fn set_down(&self, is_down: bool) {
        self.0.lock().is_down = is_down;
    }

    /// What is loaded next runs this when it is asked whether it is settled.
    pub fn on_settling(&self, hook: Hook) {
        self.0.lock().on_settling = hook;
    }

    /// The row of this key is damaged when it is read the next so many times.
    pub fn damage(&self, key: u64, times: u32) {
        self.0.lock().damaged = Some((key, times));
    }

    /// Which rows were read, at which checkpoint.
    pub fn loads(&self) -> Vec<(u64, Sequence)> {
        self.0.lock().loads.clone()
    }

    /// The row of a key, and the checkpoint.
    pub fn read(&self, key: u64) -> Result<(Option<Sum>, Sequence), LoadFailed> {
        let mut state = self.0.lock();
        if state.is_down {
            return Err(LoadFailed("it is away".to_owned()));
        }
        let checkpoint = state.checkpoint;
        state.loads.push((key, checkpoint));
        if let Some((_, times)) = state.damaged.as_mut().filter(|(damaged, times)| *damaged == key && *times > 0) {
            *times -= 1;
            return Ok((Some(Sum::broken(key)), checkpoint));
        }
        let total = state.rows.get(&key).copied().unwrap_or_default();
        let on_settling = std::mem::take(&mut state.on_settling);
        Ok(((key < NO_ROW).then(|| Sum { on_settling, ..Sum::of(key, total, checkpoint) }), checkpoint))
    }
}

impl Loader<Sum> for Rows {
    fn load(&self, key: u64) -> BoxFuture<Result<(Option<Sum>, Sequence), LoadFailed>> {
        let found = self.read(key);
        Box::pin(async move { found })
    }
}

/// Every record of a journal in memory.
pub fn records(journal: &MemoryJournal) -> Vec<Committed> {
    use mallcore_actors::journal::Journal;
    let (mut records, mut from) = (Vec::new(), Sequence(1));
    while from <= journal.last_enqueued() {
        let next = journal
            .read(from, 1 << 20, &mut |sequence, payload| records.push(Committed { sequence, record: Record::decode(payload).unwrap() }))
            .unwrap();
        assert!(next > from, "record {from} is not durable");
        from = next;
    }
    records
}

/// Commits a record as somebody else would, for its effect.
pub fn commit_elsewhere(recorder: &Recorder, key: u64, count: u32) -> Effect {
    let mut scratch = Vec::new();
    let committed = recorder.begin(Provenance::SYSTEM, &mut scratch).commit(added(key, count), |_| {}).unwrap();
    Effect::Added(Arc::new(committed))
}

/// A recorder over a journal, and its clock.
pub fn recorder(journal: &Arc<MemoryJournal>) -> (Arc<Recorder>, Arc<SetClock>) {
    let clock = Arc::new(SetClock::at(mallcore_actors::time::Timestamp::from_millis(1_000_000)));
    (Arc::new(Recorder::new(Arc::clone(journal) as _, Arc::clone(&clock) as _)), clock)
}

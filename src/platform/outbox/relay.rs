//! The relay: a task for each destination takes its rows in order, carries them out, marks them; one more counts, and removes what is old.
//! Whoever appends in this process wakes it. Rows of another process are found by looking: for the shop ten times a second, so that what
//! shoppers see changes within a fifth of a second, for the other destinations twice.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::time::{Clock, Timestamp};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::effects::{Carried, Effects, Renewed};
use super::protocol::{Rounds, Verdict};
use super::repository::{self, Pending};
use super::{Destination, Nudge, Status, metrics};
use crate::platform::database::{Database, Error, Reach};

/// Rows read at a time.
const PAGE_ROWS: u64 = 64;
/// How soon rows of another process are seen. A look that finds nothing is one read of an empty index.
const fn look(destination: Destination) -> Duration {
    match destination {
        Destination::Shop => Duration::from_millis(100),
        Destination::Events | Destination::Cache => Duration::from_millis(500),
    }
}
/// A destination that has not answered by then is away.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// A round that takes longer is begun again over new connections; what was marked stays so.
const ROUND_MAX: Duration = Duration::from_secs(120);
/// How often backlogs are counted.
const COUNT: Duration = Duration::from_secs(2);
/// Rows that are removed in one transaction, and the pause between two such.
const REMOVE_ROWS: u64 = 500;
const REMOVE_PAUSE: Duration = Duration::from_millis(50);
/// How often one looks for rows to remove, in counts.
const REMOVE_EVERY: u32 = 30;

/// How the relay goes about it.
#[derive(Debug, Clone, Copy)]
pub struct RelaySettings {
    /// How long processed rows are kept for whoever asks what became of them.
    pub retain: Duration,
}

/// Carries rows out.
#[derive(Clone)]
pub struct Relay {
    effects: Effects,
    clock: Arc<dyn Clock>,
    settings: RelaySettings,
    status: Arc<Status>,
    /// For new connections, after one that was cut off in the middle of a statement.
    reach: Option<(Arc<Reach>, Arc<Database>)>,
    nudge: Nudge,
}

/// The tasks of a relay, which go on without it until their thread ends. Ending them at any moment loses nothing: what was not marked is
/// carried out again.
#[derive(Debug)]
pub struct Running(Vec<JoinHandle<()>>);

impl Running {
    /// Ends them and waits until they have.
    pub async fn stop(self) {
        self.0.iter().for_each(JoinHandle::abort);
        for task in self.0 {
            // Aborted is what was asked for; a panic was told by the runtime.
            drop(task.await);
        }
    }
}

impl Relay {
    /// Between these destinations.
    pub fn new(effects: Effects, clock: Arc<dyn Clock>, settings: RelaySettings) -> Self {
        Self { effects, clock, settings, status: Arc::default(), reach: None, nudge: Nudge::default() }
    }

    /// With the way to its database, should a connection never answer again.
    pub fn reaching(mut self, database: Arc<Reach>) -> Self {
        let current = database.current();
        self.reach = Some((database, current));
        self
    }

    /// Woken by whoever has this nudge.
    pub fn woken_by(self, nudge: Nudge) -> Self {
        Self { nudge, ..self }
    }

    /// What was asked of the database may never be answered: the next question goes over new connections.
    fn reconnect(&mut self) {
        if let Some((reach, used)) = &self.reach {
            reach.replace(used);
        }
        self.follow();
    }

    /// Takes the connections that others of this relay may have replaced meanwhile.
    fn follow(&mut self) {
        if let Some((reach, used)) = &mut self.reach {
            *used = reach.current();
            self.effects.database = Database::clone(used);
        }
    }

    /// How far it is.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// Something was appended and committed.
    pub fn wake(&self) {
        self.nudge.wake();
    }

    /// Begins. To be called once in the process that has the actors; every row that is not marked is carried out, however old.
    pub fn spawn(&self) -> Running {
        let mut tasks: Vec<_> = Destination::ALL.into_iter().map(|destination| tokio::spawn(pump(self.clone(), destination))).collect();
        tasks.push(tokio::spawn(keep(self.clone())));
        Running(tasks)
    }

    /// One round over what a destination does not have; true if there is nothing left that could be carried out now.
    pub async fn round(&self, destination: Destination, rounds: &mut Rounds) {
        rounds.begin();
        if let Err(cause) = self.pages(destination, rounds).await {
            rounds.interrupted();
            self.report(destination, Some(format!("the outbox cannot be read or marked: {cause}")));
        }
    }

    async fn pages(&self, destination: Destination, rounds: &mut Rounds) -> Result<(), Error> {
        let (mut after, mut trouble) = (0, None);
        loop {
            let page = repository::pending(&self.effects.database, destination, after, PAGE_ROWS).await?;
            let Some(last) = page.last().map(|row| row.id) else { break };
            let mut renewed = Renewed::of(&page);
            for row in page.iter() {
                if !rounds.may_carry(&row.aggregate) {
                    continue;
                }
                let (verdict, why) = self.one(destination, row, rounds, &mut renewed).await?;
                trouble = why.or(trouble);
                if verdict == Verdict::EndRound {
                    self.report(destination, trouble);
                    return Ok(());
                }
            }
            after = last;
        }
        self.report(destination, trouble);
        Ok(())
    }

    /// Carries one row out and notes how it went; with the cause, if it was a transient failure.
    async fn one(
        &self,
        destination: Destination,
        row: &Pending,
        rounds: &mut Rounds,
        renewed: &mut Renewed,
    ) -> Result<(Verdict, Option<String>), Error> {
        let carried = tokio::time::timeout(ANSWER_MAX, self.effects.carry(destination, row, renewed)).await;
        let carried = carried.unwrap_or_else(|_| Carried::Away(format!("no answer within {} s", ANSWER_MAX.as_secs())));
        let verdict = rounds.settle(&row.aggregate, carried.settled());
        let database = &self.effects.database;
        match (verdict, carried) {
            (Verdict::Mark, Carried::Done(told)) => {
                repository::mark(database, row.id, destination, told, self.now()).await?;
                rounds.noted(&row.aggregate, verdict);
                metrics::RELAYED_TOTAL.with(&[(metrics::DESTINATION, destination.name())]).increment(1);
                Ok((verdict, None))
            }
            (Verdict::Park, Carried::Impossible(reason)) => {
                repository::park(database, row.id, &reason, self.now()).await?;
                rounds.noted(&row.aggregate, verdict);
                error!(
                    outbox.id = row.id,
                    outbox.kind = row.kind,
                    outbox.aggregate = row.aggregate,
                    payload = row.payload,
                    "row {} of the outbox cannot be carried out and waits for a person (`mallcore outbox list`), and with it all later rows \
                     of {}: {reason}",
                    row.id,
                    row.aggregate
                );
                Ok((verdict, None))
            }
            (verdict, Carried::Busy(why) | Carried::Away(why) | Carried::Impossible(why)) => {
                metrics::RETRIES_TOTAL.with(&[(metrics::DESTINATION, destination.name())]).increment(1);
                repository::note_attempt(database, row.id).await?;
                Ok((verdict, Some(why)))
            }
            // Done is always marked.
            (verdict, Carried::Done(_)) => Ok((verdict, None)),
        }
    }

    /// Shows how the destination does, and logs when that turns.
    fn report(&self, destination: Destination, trouble: Option<String>) {
        if !self.status.trouble(destination, trouble.clone()) {
            return;
        }
        match trouble {
            Some(why) => warn!("the outbox waits for {}: {why}", destination.name()),
            None => info!("the outbox goes on to {}", destination.name()),
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

async fn pump(mut relay: Relay, destination: Destination) {
    let mut woken = relay.nudge.subscribe();
    let mut rounds = Rounds::default();
    loop {
        woken.mark_unchanged();
        relay.follow();
        if tokio::time::timeout(ROUND_MAX, relay.round(destination, &mut rounds)).await.is_err() {
            rounds.interrupted();
            relay.report(destination, Some(format!("no end of a round within {} s", ROUND_MAX.as_secs())));
            relay.reconnect();
        }
        match rounds.end() {
            // Being woken does not shorten a pause: the cause is not gone by it.
            Some(pause) => tokio::time::sleep(pause).await,
            None => drop(tokio::time::timeout(look(destination), woken.changed()).await),
        }
    }
}

/// Counts what waits, and removes what nobody asks for any more.
async fn keep(mut relay: Relay) {
    let mut counts = 0_u32;
    loop {
        relay.follow();
        match tokio::time::timeout(ANSWER_MAX, repository::backlogs(&relay.effects.database)).await {
            Err(_) => relay.reconnect(),
            Ok(Ok((backlogs, parked))) => relay.status.counted(backlogs, parked, relay.now()),
            // The pumps tell that the database is away.
            Ok(Err(cause)) => tracing::debug!(%cause, "the outbox cannot be counted"),
        }
        if counts.is_multiple_of(REMOVE_EVERY) {
            // Cut off, it is begun again later.
            drop(tokio::time::timeout(ROUND_MAX, remove_old(&relay)).await);
        }
        counts = counts.wrapping_add(1);
        tokio::time::sleep(COUNT).await;
    }
}

async fn remove_old(relay: &Relay) {
    let before = relay.now().millis().saturating_sub(u64::try_from(relay.settings.retain.as_millis()).unwrap_or(u64::MAX));
    loop {
        match repository::remove(&relay.effects.database, Timestamp::from_millis(before), REMOVE_ROWS).await {
            Ok(removed) => {
                metrics::REMOVED_TOTAL.get().increment(removed);
                if removed < REMOVE_ROWS {
                    return;
                }
                tokio::time::sleep(REMOVE_PAUSE).await;
            }
            Err(cause) => return tracing::debug!(%cause, "old rows of the outbox cannot be removed"),
        }
    }
}

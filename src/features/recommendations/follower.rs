//! Counts what is bought together: from the newest paid baskets of the database at a start, then from each payment in the journal. It stores
//! nothing.
//! - F1 A payment counts once: rows are read as of their checkpoint, records from behind it.
//! - F2 Counts begin anew where the journal no longer has the next record. Those before stay until then.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Journal, ReadError, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::kernel::facts::Kind;
use mallcore_actors::orders::{Line, OrderFact};
use mallcore_actors::recommendations::period_of;

use super::handle::Recommendations;
use super::repository;
use crate::features::catalog::Catalog;
use crate::platform::database::{Connections, Database, Error, Settings};
use crate::platform::projection::{Reaction, Target, TargetError};

/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;
/// The numbers of the facts that it takes within their family: every kind of payment.
const PAYMENTS: [u8; 3] = [2, 7, 14];

/// On its way along the journal.
pub(super) struct Follow {
    recommendations: Recommendations,
    /// Tells the products of SKUs.
    catalog: Catalog,
    database: Settings,
    journal: Arc<dyn Journal>,
    connection: Option<Database>,
    /// The last record in the counts; none while they are to begin anew.
    at: Option<Sequence>,
}

/// Why the counts do not get on.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the catalogue is not loaded yet")]
    Warming,
    #[error("failed to count the orders of the database")]
    Load(#[source] Error),
    #[error("the rows stand at record {from}, and the journal begins with {first}: payments are counted once the projection has caught up")]
    Gap { from: Sequence, first: Sequence },
    #[error("failed to read the journal")]
    Read(#[source] ReadError),
    #[error("failed to decode record {0}")]
    Decode(Sequence, #[source] DecodeError),
}

impl From<Problem> for TargetError {
    fn from(problem: Problem) -> Self {
        let reaction = match &problem {
            Problem::Load(cause) if !cause.is_transient() => Reaction::Ask,
            Problem::Warming | Problem::Load(_) | Problem::Gap { .. } | Problem::Read(ReadError::Io(_)) => Reaction::Wait,
            Problem::Read(ReadError::Gone { .. }) => Reaction::Again,
            Problem::Read(_) | Problem::Decode(..) => Reaction::Halt,
        };
        let error = Self::new(reaction, &problem);
        if let Problem::Decode(sequence, _) = problem { error.showing(sequence) } else { error }
    }
}

impl Follow {
    pub fn new(recommendations: Recommendations, catalog: Catalog, database: Settings, journal: Arc<dyn Journal>) -> Self {
        Self { recommendations, catalog, database, journal, connection: None, at: None }
    }

    async fn load(&mut self) -> Result<Sequence, Problem> {
        self.catalog.current().map_err(|_| Problem::Warming)?;
        // Made on the thread that uses it.
        let connection = self.connection.get_or_insert_with(|| self.database.connect_lazily(Connections { max: 1, ..Connections::READ }));
        let (counts, from) = repository::count_baskets(connection).await.map_err(Problem::Load)?;
        let first = self.journal.first_retained();
        if from.next() < first {
            return Err(Problem::Gap { from, first });
        }
        tracing::info!("{} products are bought together with others, counted above record {from}", counts.len());
        self.recommendations.replace(counts);
        Ok(from)
    }

    fn apply(&self, at: Sequence, records_max: usize) -> Result<Sequence, Problem> {
        let (mut through, mut bad) = (at, None);
        let mut visit = |sequence, payload: &[u8]| {
            if bad.is_some() {
                return;
            }
            match Record::peek(payload).and_then(|(kind, _)| if takes(kind) { Record::decode(payload).map(Some) } else { Ok(None) }) {
                Ok(record) => {
                    if let Some(record) = record {
                        self.count(&record);
                    }
                    through = sequence;
                }
                Err(cause) => bad = Some(Problem::Decode(sequence, cause)),
            }
        };
        self.journal.read(at.next(), records_max.saturating_mul(RECORD_BYTES), &mut visit).map_err(Problem::Read)?;
        match bad {
            Some(problem) if through == at => Err(problem),
            _ => Ok(through),
        }
    }

    fn count(&self, record: &Record) {
        let (user, lines) = match &record.fact {
            Fact::Orders(OrderFact::Paid(paid)) => (paid.user, &paid.lines),
            Fact::Orders(OrderFact::PaymentTaken(paid)) => (paid.user, &paid.lines),
            Fact::Orders(OrderFact::TradeTaken(paid)) => (paid.taken.user, &paid.taken.lines),
            _ => return,
        };
        // A SKU whose row was removed is of no product any more.
        let product = |line: &Line| self.catalog.sku(line.sku).map(|entry| entry.product.id.get());
        let products: Vec<u64> = lines.iter().filter_map(product).collect();
        self.recommendations.paid(user, &products, period_of(record.header.at));
    }
}

fn takes(kind: Kind) -> bool {
    kind.is_of::<OrderFact>() && PAYMENTS.contains(&kind.number)
}

impl Target for Follow {
    const NAME: &'static str = "recommendations";
    const THREAD: &'static str = "recommendations";
    const MAINTAIN_EVERY: Duration = Duration::from_secs(60);

    fn known(&self) -> Sequence {
        // What the rows do not have is still there.
        Sequence(self.journal.first_retained().0.saturating_sub(1))
    }

    async fn attach(&mut self) -> Result<Sequence, TargetError> {
        let at = match self.at {
            Some(at) => at,
            None => self.load().await?,
        };
        self.at = Some(at);
        Ok(at)
    }

    async fn write(&mut self, at: Sequence, records_max: usize) -> Result<Sequence, TargetError> {
        match self.apply(at, records_max) {
            Ok(through) => {
                self.at = Some(through);
                Ok(through)
            }
            Err(problem) => {
                if matches!(problem, Problem::Read(ReadError::Gone { .. })) {
                    self.at = None;
                }
                Err(problem.into())
            }
        }
    }

    async fn maintain(&mut self, _: Sequence) -> Result<(), TargetError> {
        Ok(())
    }

    async fn detach(&mut self) {
        // Records that were applied stay applied; the next one continues.
        self.connection = None;
    }
}

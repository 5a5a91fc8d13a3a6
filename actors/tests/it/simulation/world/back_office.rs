//! The shop's own people: what they write down about stock waits at their desk, and is sent in order until somebody has heard an answer.

use mallcore_actors::ids::AdjustmentId;
use mallcore_actors::stock::adjustment::{Delta, Operator, Reason};

use super::*;

/// Adjustments on their way to the actors, as the outbox's relay has them.
#[derive(Debug, Default)]
pub(super) struct BackOffice {
    last: u64,
    waiting: BTreeMap<SkuId, VecDeque<Adjustment>>,
    /// The request by which a SKU's first one was last sent.
    sent: BTreeMap<SkuId, RequestId>,
}

impl BackOffice {
    pub(super) fn done(&mut self, sku: SkuId, id: AdjustmentId) {
        let waiting = self.waiting.entry(sku).or_default();
        assert_eq!(waiting.pop_front().map(|first| first.id), Some(id), "answered out of turn");
    }
}

impl World {
    pub(super) fn write_down(&mut self) {
        let sku = SkuId::new(self.random.random_range(1..=SKUS)).expect("not zero");
        let change = if self.chance(200) {
            Change::To { pieces: self.random.random_range(0..30), expected: self.database.sequence(Runner::Trade) }
        } else {
            let pieces = self.random.random_range(1..6);
            Change::By(Delta::new(if self.chance(500) { pieces } else { -pieces }).expect("not zero"))
        };
        self.back_office.last += 1;
        let adjustment = Adjustment {
            id: AdjustmentId::new(self.back_office.last).expect("not zero"),
            change,
            reason: Reason::parse("盘点").expect("a text"),
            operator: Operator::parse("小王").expect("a text"),
        };
        self.back_office.waiting.entry(sku).or_default().push_back(adjustment);
    }

    /// Sends each SKU's first one, unless its answer is still to come.
    pub(super) fn relay(&mut self) {
        let heads: Vec<(SkuId, Adjustment)> =
            self.back_office.waiting.iter().filter_map(|(sku, waiting)| Some((*sku, waiting.front()?.clone()))).collect();
        for (sku, command) in heads {
            if self.back_office.sent.get(&sku).is_some_and(|request| self.requests[*request].is_open) {
                continue;
            }
            let request = self.ask(Ask::Adjust(sku, command.clone()));
            self.back_office.sent.insert(sku, request);
            self.life().ask(Asker::Client(request), sku, Command::Adjust(AdjustStock(command)));
        }
    }
}

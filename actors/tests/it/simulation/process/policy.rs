//! The policy that takes out of a cart what an order has bought: at least once for each order, in the order of the records.

use std::collections::VecDeque;

use mallcore_actors::carts::RemoveBought;

use super::super::database::Runner;
use super::carts::{CartAsker, CartCommand};
use super::*;

/// The policy's number, as in docs/ARCHITECTURE.md.
pub const BOUGHT: u16 = 1;

/// The policy's place in the journal, and what it has to ask for.
pub struct Policy {
    progress: Progress,
    in_flight: Option<InFlight>,
}

struct InFlight {
    batch: Batch,
    orders: VecDeque<(Sequence, UserId, Vec<SkuId>)>,
    /// The first one is asked for.
    is_asked: bool,
    is_committed: bool,
}

impl Policy {
    pub const fn new(progress: Progress) -> Self {
        Self { progress, in_flight: None }
    }

    pub fn sequence(&self) -> Sequence {
        self.progress.sequence()
    }

    pub fn told(&mut self, cause: Sequence, is_done: bool) {
        let Some(in_flight) = &mut self.in_flight else { return };
        if in_flight.is_asked && in_flight.orders.front().is_some_and(|order| order.0 == cause) {
            in_flight.is_asked = false;
            if is_done {
                in_flight.orders.pop_front();
            }
        }
    }
}

impl Process {
    /// One step: read records, ask the next cart, store the checkpoint once every cart has answered, hear of it. What is not heard of is done
    /// again. None: the disk gave out.
    pub(super) fn step_policy(&mut self, database: &mut Database, most: u64, is_heard: bool) -> Option<bool> {
        let Some(in_flight) = &mut self.policy.in_flight else {
            let Some(batch) = self.policy.progress.next_batch(self.journal.durable_through(), most) else { return Some(false) };
            let records = read(&*self.journal, batch.first, batch.last)?;
            let orders = records.into_iter().filter_map(|(sequence, record)| match record.fact {
                Fact::Orders(OrderFact::BasketPlaced(placed)) if placed.from_cart => {
                    Some((sequence, placed.user, placed.lines.iter().map(|line| line.sku).collect()))
                }
                _ => None,
            });
            self.policy.in_flight = Some(InFlight { batch, orders: orders.collect(), is_asked: false, is_committed: false });
            return Some(true);
        };
        if in_flight.is_asked {
            return Some(false);
        }
        if let Some((cause, user, skus)) = in_flight.orders.front().cloned() {
            in_flight.is_asked = true;
            self.ask_cart(CartAsker::Policy(cause), user, CartCommand::Bought(RemoveBought { skus }));
            return Some(true);
        }
        if !in_flight.is_committed && database.is_up && is_heard {
            assert!(database.advance(Runner::Policy, &in_flight.batch), "nobody else moves the checkpoint");
            in_flight.is_committed = true;
            return Some(true);
        }
        self.policy.in_flight = None;
        assert!(self.policy.progress.reloaded(database.checkpoint(Runner::Policy)), "nobody else moves the checkpoint");
        Some(true)
    }
}

//! Cases of after-sale beside the order that they are about: no piece and no fen goes back twice, whatever happens in whatever order.

use mallcore_actors::after_sales::{
    Case, Claim, Command, Decided, Freight, Kind, Note, Quote, Reason, Standing, Status, Wanted, freight_back, refund_of,
};
use mallcore_actors::ids::OrderId;
use mallcore_actors::orders::{Order, RefundCommand};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use crate::after_sales::{TERMS, at, commands, wanted};
use crate::baskets::{parcel, refund, sku};
use crate::order_world::{World, paid_order};

/// What happens to one order and its cases; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Act {
    Apply {
        kind: Kind,
        wants: Vec<(usize, u32)>,
    },
    Command {
        nth: usize,
        number: usize,
    },
    /// The relay asks the order to refund the cases that are approved, and may be told so twice.
    Relay {
        nth: usize,
        is_noted: bool,
    },
    Ship {
        number: u64,
        wants: Vec<(usize, u32)>,
    },
    Directly {
        number: u64,
        wants: Vec<(usize, u32)>,
    },
    /// From here on applications see the order as it is now, until this happens again.
    LookAtTheOrder,
}

fn acts(with_direct_refunds: bool) -> impl Strategy<Value = Vec<Act>> {
    let some = || prop::collection::vec((0..2usize, 1..3u32), 1..3);
    let kind = || prop_oneof![Just(Kind::Refund), Just(Kind::Return)];
    let act = prop_oneof![
        6 => (kind(), some()).prop_map(|(kind, wants)| Act::Apply { kind, wants }),
        10 => (0..99usize, 0..8usize).prop_map(|(nth, number)| Act::Command { nth, number }),
        6 => (0..99usize, any::<bool>()).prop_map(|(nth, is_noted)| Act::Relay { nth, is_noted }),
        3 => (0..20u64, some()).prop_map(|(number, wants)| Act::Ship { number, wants }),
        u32::from(with_direct_refunds) => (0..20u64, some()).prop_map(|(number, wants)| Act::Directly { number, wants }),
        2 => Just(Act::LookAtTheOrder),
    ];
    prop::collection::vec(act, 1..80)
}

/// One order, its cases, and an order as a slow reader sees it.
struct Counter {
    world: World,
    id: OrderId,
    seen: Order,
    cases: Vec<(Case, Wanted, Quote)>,
    now: Timestamp,
}

impl Counter {
    fn new() -> Self {
        let (world, id) = paid_order(&[(2, 5, 101, 4), (3, 3, 77, 0)], 35);
        let seen = world.order(id).clone();
        Self { world, id, seen, cases: Vec::new(), now: at(1) }
    }

    fn lines(&self, wants: &[(usize, u32)]) -> Vec<(u64, u32)> {
        let mut lines: Vec<(u64, u32)> = Vec::new();
        for &(place, count) in wants {
            let sku = self.seen.lines[place].sku.get();
            match lines.iter_mut().find(|(earlier, _)| *earlier == sku) {
                Some((_, pieces)) => *pieces += count,
                None => lines.push((sku, count)),
            }
        }
        lines
    }

    fn claims(&self) -> Vec<Claim> {
        let cases = self.cases.iter().enumerate().filter(|(_, (case, ..))| case.status.is_open() || case.status == Status::Done);
        cases.map(|(place, (_, wanted, _))| Claim { refund: refund_of(place as u64 + 1).unwrap(), pieces: wanted.pieces.clone() }).collect()
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Apply { kind, wants } => {
                let wanted = wanted(*kind, Reason::Agreed, &self.lines(wants));
                let claims = self.claims();
                let standing = Standing { order: &self.seen, received_at: None, claims: &claims };
                if let Ok(quote) = standing.decide(&wanted, &TERMS, self.now) {
                    self.cases.push((Case::applied(*kind, &TERMS, self.now), wanted, quote));
                }
            }
            Act::Command { nth, number } => {
                let Some(place) = nth.checked_rem(self.cases.len()) else { return };
                let case = &mut self.cases[place].0;
                if let Ok(Decided::Fresh(event)) = case.decide(&commands()[*number], &TERMS, self.now) {
                    case.apply(&event);
                }
            }
            Act::Relay { nth, is_noted } => {
                let Some(place) = nth.checked_rem(self.cases.len()) else { return };
                if self.cases[place].0.status == Status::Refunding {
                    self.ask_the_order(place, *is_noted);
                }
            }
            Act::Ship { number, wants } => {
                let lines = self.lines(wants);
                self.world.decide(0, |order, now| order.decide_ship(&parcel(*number, &lines), now));
            }
            Act::Directly { number, wants } => {
                let command = refund(number + 1, &self.lines(wants), 0, false);
                self.world.decide(0, |order, now| order.decide_refund(&command, now));
            }
            Act::LookAtTheOrder => self.seen = self.world.order(self.id).clone(),
        }
    }

    fn ask_the_order(&mut self, place: usize, is_noted: bool) {
        let (case, wanted, _) = &self.cases[place];
        let id = refund_of(place as u64 + 1).unwrap();
        let order = self.world.order(self.id);
        let progress = order.progress.as_deref().unwrap();
        let made = progress.refunds.iter().find(|(_, made)| made.id == id);
        let settlement = case.settlement.unwrap();
        let left = progress.freight.checked_sub(progress.freight_refunded).unwrap();
        let freight = match (made, settlement.freight) {
            (Some((_, made)), _) => made.freight,
            (None, Freight::ByRule) => freight_back(progress, &wanted.pieces),
            (None, Freight::Exactly(freight)) => freight.min(left),
        };
        let command = RefundCommand { id, pieces: wanted.pieces.clone(), freight, restock: settlement.restock };
        let decided = order.decide_refund(&command, self.world.now);
        self.world.decide(0, |order, now| order.decide_refund(&command, now));
        let answer = match decided {
            Ok(_) => {
                let progress = self.world.order(self.id).progress.as_deref().unwrap();
                let (_, made) = progress.refunds.iter().find(|(_, made)| made.id == id).unwrap();
                Command::Refunded(made.amount().unwrap())
            }
            Err(refusal) => Command::RefundRefused(Note::parse(refusal.code()).unwrap()),
        };
        let case = &mut self.cases[place].0;
        // A relay that dies before it notes the answer asks again.
        if is_noted && let Ok(Decided::Fresh(event)) = case.decide(&answer, &TERMS, self.now) {
            case.apply(&event);
        }
    }

    /// Pieces of a line that are refunded, or will be.
    fn taken(&self, line: u64) -> u32 {
        let progress = self.world.order(self.id).progress.as_deref().unwrap();
        let refunded = progress.line(sku(line)).unwrap().refunded;
        let is_made = |claim: &Claim| progress.refunds.iter().any(|(_, made)| made.id == claim.refund);
        let claims = self.claims();
        let waiting = claims.iter().filter(|claim| !is_made(claim)).flat_map(|claim| &claim.pieces);
        refunded + waiting.filter(|pieces| pieces.sku == sku(line)).map(|pieces| pieces.quantity.get()).sum::<u32>()
    }

    /// Whatever happens: money is never above a line's share, and a done case had what the order says.
    fn check_money(&self) {
        let order = self.world.order(self.id);
        let progress = order.progress.as_deref().unwrap();
        for line in &progress.lines {
            assert!(line.refunded_amount <= line.share, "{line:?}");
            assert!(line.refunded < line.quantity.get() || line.refunded_amount == line.share, "{line:?}");
        }
        assert!(progress.refunded() <= order.payable);
        for (place, (case, ..)) in self.cases.iter().enumerate().filter(|(_, (case, ..))| case.status == Status::Done) {
            let made = progress.refunds.iter().find(|(_, made)| Some(made.id) == refund_of(place as u64 + 1));
            assert_eq!(case.refunded, made.and_then(|(_, made)| made.amount()), "{case:?}");
        }
    }
}

proptest! {
    #[test]
    fn cases_and_refunds_never_take_more_pieces_than_a_line_has(acts in acts(false)) {
        let mut counter = Counter::new();
        for act in &acts {
            counter.act(act);
            counter.check_money();
            for line in &counter.seen.lines {
                prop_assert!(counter.taken(line.sku.get()) <= line.quantity.get(), "C1: {act:?}");
            }
        }
        // What was promised is what went back, but for the rounding of a fen a line; freight is the merchant's to say.
        let progress = counter.world.order(counter.id).progress.as_deref().unwrap();
        for (place, (case, _, quote)) in counter.cases.iter().enumerate() {
            prop_assert!(case.note.as_ref().is_none_or(|note| note.as_str() == "不同意"), "the order never has to refuse: {case:?}");
            if case.status == Status::Done {
                let (_, made) = progress.refunds.iter().find(|(_, made)| Some(made.id) == refund_of(place as u64 + 1)).unwrap();
                for (promised, line) in quote.lines.iter().zip(&made.lines) {
                    prop_assert!(promised.amount.fen().abs_diff(line.amount.fen()) <= 1, "C2: {promised:?} {line:?}");
                }
            }
        }
    }

    #[test]
    fn the_order_decides_where_it_was_refunded_meanwhile(acts in acts(true)) {
        let mut counter = Counter::new();
        for act in &acts {
            counter.act(act);
            counter.check_money();
        }
        // Whatever was left approved is answered by the order, one way or the other.
        for place in 0..counter.cases.len() {
            if counter.cases[place].0.status == Status::Refunding {
                counter.ask_the_order(place, true);
                prop_assert!(!counter.cases[place].0.status.is_open(), "{:?}", counter.cases[place].0);
            }
        }
        counter.check_money();
    }
}

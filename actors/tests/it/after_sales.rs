//! Cases of after-sale: the table of docs/RULES.md, time limits, what may be applied for.

use mallcore_actors::after_sales::{
    AFTER_SALE_CLOSED, AFTER_SALE_STATUS, By, Case, Claim, Command, Decided, Event, Freight, Kind, NOT_SENT, NOTHING_LEFT, Note,
    ORDER_NOT_PAID, Quote, REASON_UNFIT, Reason, ReturnParcel, SETTLED_ON_RECEIPT, Settlement, Standing, Status, Terms, Wanted,
    freight_back, refund_of,
};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Carrier, Order, Progress, Tracking};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use crate::baskets::{fen, of_lines, parcel};
use crate::order_world::{Step, World, paid_order};

const DAY: u64 = 86_400_000;
pub const TERMS: Terms =
    Terms { window_millis: 7 * DAY, answer_millis: 2 * DAY, return_millis: 5 * DAY, receive_millis: 10 * DAY, approves_by_time: true };

pub fn at(days: u64) -> Timestamp {
    Timestamp::from_millis(days * DAY)
}

fn note() -> Note {
    Note::parse("不同意").unwrap()
}

fn goods() -> ReturnParcel {
    ReturnParcel { carrier: Carrier::parse("SF").unwrap(), tracking: Tracking::parse("SF1").unwrap() }
}

pub fn commands() -> Vec<Command> {
    vec![
        Command::Approve(None),
        Command::Approve(Some(Settlement { restock: true, freight: Freight::Exactly(fen(3)) })),
        Command::Refuse(note()),
        Command::Cancel,
        Command::Ship(goods()),
        Command::Receive(Settlement::default()),
        Command::RefuseReturn(note()),
        Command::Lapse,
        Command::Refunded(fen(5)),
        Command::RefundRefused(Note::parse("exceeds_order").unwrap()),
    ]
}

/// A case that got to a status by the shortest way.
fn case_in(kind: Kind, status: Status) -> Option<Case> {
    let (approve, receive) = (Command::Approve(None), Command::Receive(Settlement::default()));
    let way: Vec<Command> = match (kind, status) {
        (_, Status::Applied) => vec![],
        (_, Status::Cancelled) => vec![Command::Cancel],
        (_, Status::Refused) => vec![Command::Refuse(note())],
        (Kind::Refund, Status::Refunding) => vec![approve],
        (Kind::Refund, Status::Done) => vec![approve, Command::Refunded(fen(5))],
        (Kind::Refund, _) => return None,
        (Kind::Return, Status::AwaitingReturn) => vec![approve],
        (Kind::Return, Status::Returning) => vec![approve, Command::Ship(goods())],
        (Kind::Return, Status::Refunding) => vec![approve, Command::Ship(goods()), receive],
        (Kind::Return, Status::Done) => vec![approve, Command::Ship(goods()), receive, Command::Refunded(fen(5))],
        (Kind::Return, Status::ReturnRefused) => vec![approve, Command::Ship(goods()), Command::RefuseReturn(note())],
        (Kind::Return, Status::Expired) => vec![approve, Command::Lapse],
    };
    let mut case = Case::applied(kind, &TERMS, at(0));
    for command in way {
        let now = if command == Command::Lapse { at(99) } else { at(1) };
        let Ok(Decided::Fresh(event)) = case.decide(&command, &TERMS, now) else { panic!("{command:?} of {case:?}") };
        case.apply(&event);
    }
    assert_eq!(case.status, status);
    Some(case)
}

#[test]
fn the_table_of_transitions_is_the_one_in_the_rules() {
    let rules = include_str!("../../../docs/RULES.md");
    let table = rules.split("## After-sale").nth(1).unwrap().split("## ").next().unwrap();
    // | from | approve | refuse | cancel | ship | receive | refuse the goods | time | refunded | order refuses |
    let documented = |kind: Kind, status: Status, column: usize| -> String {
        let row = table.lines().find(|line| line.starts_with(&format!("| {} `{}` |", status as u8, status.name()))).unwrap();
        let cell = row.trim_matches('|').split(" | ").nth(column).unwrap().trim();
        let mut alternatives = cell.split("; ").map(|part| part.split_once(": ").unwrap_or(("", part)));
        let chosen = alternatives.find(|(of, _)| of.is_empty() || *of == kind.name());
        chosen.map_or("–", |(_, to)| to).to_owned()
    };
    let columns: [(usize, Command); 9] = [
        (1, Command::Approve(None)),
        (2, Command::Refuse(Note::parse("别的").unwrap())),
        (3, Command::Cancel),
        (4, Command::Ship(ReturnParcel { tracking: Tracking::parse("SF2").unwrap(), ..goods() })),
        (5, Command::Receive(Settlement { restock: true, ..Settlement::default() })),
        (6, Command::RefuseReturn(Note::parse("别的").unwrap())),
        (7, Command::Lapse),
        (8, Command::Refunded(fen(7))),
        (9, Command::RefundRefused(Note::parse("wrong_status").unwrap())),
    ];
    let mut tried = 0;
    for kind in Kind::ALL {
        for status in Status::ALL {
            let Some(case) = case_in(kind, status) else { continue };
            for (column, command) in &columns {
                let leads_to = match case.decide(command, &TERMS, at(999)) {
                    Ok(Decided::Fresh(event)) => {
                        let mut after = case.clone();
                        after.apply(&event);
                        (after.status as u8).to_string()
                    }
                    Ok(Decided::Repeat) => "=".to_owned(),
                    Err(Refusal::Rule(rule)) if *rule == AFTER_SALE_STATUS => "–".to_owned(),
                    Err(other) => panic!("{command:?} of {case:?}: {other:?}"),
                };
                assert_eq!(leads_to, documented(kind, status, *column), "{kind:?} {status:?} {command:?}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 14 * 9);
}

#[test]
fn numbers_and_words_are_those_of_the_columns_and_each_its_own() {
    for status in Status::ALL {
        assert_eq!((Status::from_number(status as i64), Status::of(status.name())), (Some(status), Some(status)));
    }
    for reason in Reason::ALL {
        assert_eq!((Reason::from_number(reason as i64), Reason::of(reason.code())), (Some(reason), Some(reason)));
        assert!(Kind::ALL.iter().any(|kind| reason.fits(*kind)) && !reason.text().is_ascii(), "{reason:?}");
    }
    assert_eq!(Kind::ALL.map(|kind| Kind::from_number(kind as i64)), Kind::ALL.map(Some));
    assert_eq!(By::ALL.map(|by| By::from_number(by as i64)), By::ALL.map(Some));
    assert_eq!((Status::from_number(0), Reason::from_number(13), Kind::from_number(3), By::from_number(0)), (None, None, None, None));
    assert_eq!(refund_of(1).map(u64::from), Some((1 << 52) + 1));
    assert_eq!((refund_of(0), refund_of((1 << 52) - 1).map(u64::from), refund_of(1 << 52)), (None, Some((1 << 53) - 1), None));
}

#[test]
fn time_acts_at_its_time_and_only_where_it_may() {
    let manual = Terms { approves_by_time: false, ..TERMS };
    let before = |at: Timestamp| Timestamp::from_millis(at.millis() - 1);
    // The case, what is due when, and where time leads if it approves.
    for (kind, status, due, to) in [
        (Kind::Refund, Status::Applied, at(2), Status::Refunding),
        (Kind::Return, Status::Applied, at(2), Status::AwaitingReturn),
        (Kind::Return, Status::AwaitingReturn, at(6), Status::Expired),
        (Kind::Return, Status::Returning, at(11), Status::Refunding),
    ] {
        let mut case = case_in(kind, status).unwrap();
        assert_eq!(case.due_at, Some(due), "{case:?}");
        assert_eq!(case.decide(&Command::Lapse, &TERMS, before(due)), Err(Refusal::NotDue));
        let manually = case.decide(&Command::Lapse, &manual, due);
        assert_eq!(manually.is_ok(), status == Status::AwaitingReturn, "{manually:?}");
        let Ok(Decided::Fresh(event)) = case.decide(&Command::Lapse, &TERMS, due) else { panic!("{case:?}") };
        assert_eq!(event.by(), By::Time);
        case.apply(&event);
        assert_eq!(
            (case.status, case.settlement.is_some_and(|settlement| settlement.restock)),
            (to, false),
            "nobody has looked at the goods"
        );
        // The shopper was given the time to send the goods, also where time approved.
        assert_eq!(case.due_at, (to == Status::AwaitingReturn).then_some(due.plus_millis(TERMS.return_millis)));
    }
}

#[test]
fn a_return_is_settled_when_its_goods_are_there() {
    let mut case = case_in(Kind::Return, Status::Applied).unwrap();
    let settled = Command::Approve(Some(Settlement::default()));
    assert_eq!(case.decide(&settled, &TERMS, at(1)), Err(Refusal::Rule(&SETTLED_ON_RECEIPT)));
    let Ok(Decided::Fresh(event)) = case.decide(&Command::Approve(None), &TERMS, at(1)) else { panic!() };
    case.apply(&event);
    assert_eq!(case.decide(&Command::Approve(None), &TERMS, at(2)), Ok(Decided::Repeat));
    let again = case_in(Kind::Refund, Status::Refunding).unwrap();
    let other = Command::Approve(Some(Settlement { restock: true, freight: Freight::ByRule }));
    assert_eq!(again.decide(&other, &TERMS, at(2)), Err(Refusal::Rule(&AFTER_SALE_STATUS)), "settled otherwise");
}

proptest! {
    #[test]
    fn a_case_ends_once_and_money_needs_its_way(
        is_return in any::<bool>(),
        asked in prop::collection::vec((0..10usize, 0..6u64), 1..40),
        approves_by_time in any::<bool>(),
    ) {
        let terms = Terms { approves_by_time, ..TERMS };
        let kind = if is_return { Kind::Return } else { Kind::Refund };
        let (mut case, mut now, mut happened) = (Case::applied(kind, &terms, at(0)), at(0), Vec::new());
        for (number, days) in asked {
            now = now.plus_millis(days * DAY);
            let command = &commands()[number];
            let before = case.clone();
            match case.decide(command, &terms, now) {
                Ok(Decided::Fresh(event)) => {
                    prop_assert!(before.status.is_open(), "A1: {event:?} after {before:?}");
                    case.apply(&event);
                    prop_assert_eq!(case.version, before.version + 1);
                    if *command != Command::Lapse {
                        prop_assert_eq!(case.decide(command, &terms, now), Ok(Decided::Repeat));
                    }
                    happened.push(event);
                }
                Ok(Decided::Repeat) | Err(_) => {}
            }
            prop_assert_eq!(case.broken(), None);
        }
        let count = |is: fn(&Event) -> bool| happened.iter().filter(|event| is(event)).count();
        prop_assert_eq!(case.version as usize, happened.len() + 1);
        let refunded = count(|event| matches!(event, Event::Refunded(_)));
        prop_assert_eq!((refunded, case.refunded.is_some()), (usize::from(case.status == Status::Done), case.status == Status::Done));
        if case.status == Status::Done {
            let received = count(|event| matches!(event, Event::Received { .. }));
            let approved = count(|event| matches!(event, Event::Approved { .. } | Event::ReturnWanted { .. }));
            prop_assert_eq!((approved, received), (1, usize::from(is_return)));
        }
    }
}

pub fn wanted(kind: Kind, reason: Reason, wants: &[(u64, u32)]) -> Wanted {
    Wanted { kind, reason, pieces: of_lines(wants) }
}

fn stands(order: &Order, claims: &[Claim], wants: &Wanted, now: Timestamp) -> Result<Quote, Refusal> {
    Standing { order, received_at: Some(at(0)), claims }.decide(wants, &TERMS, now)
}

#[test]
fn what_cannot_be_applied_for_is_refused_by_name() {
    let refund = |wants: &[(u64, u32)]| wanted(Kind::Refund, Reason::Other, wants);
    let mut world = World::new();
    world.place(&[(2, 3, 100, 0)], 20);
    let id = world.ids[0];
    assert_eq!(stands(world.order(id), &[], &refund(&[(2, 1)]), at(1)), Err(Refusal::Rule(&ORDER_NOT_PAID)));
    world.run(&Step::Pay { nth: 0, payment: 1, short: false });
    let nothing_left = Err(Refusal::Rule(&NOTHING_LEFT));
    for wants in [&[(2, 4)][..], &[(3, 1)], &[], &[(2, 1), (2, 1)]] {
        assert_eq!(stands(world.order(id), &[], &refund(wants), at(1)), nothing_left, "{wants:?}");
    }
    let claims = [Claim { refund: refund_of(1).unwrap(), pieces: of_lines(&[(2, 2)]) }];
    assert_eq!(stands(world.order(id), &claims, &refund(&[(2, 2)]), at(1)), nothing_left);
    assert!(stands(world.order(id), &claims, &refund(&[(2, 1)]), at(1)).is_ok(), "the last piece is left");
    let back = wanted(Kind::Return, Reason::BadQuality, &[(2, 1)]);
    assert_eq!(stands(world.order(id), &[], &back, at(1)), Err(Refusal::Rule(&NOT_SENT)));
    world.decide(0, |order, now| order.decide_ship(&parcel(1, &[(2, 2)]), now));
    assert_eq!(
        stands(world.order(id), &[], &back, at(1)),
        Err(Refusal::Rule(&NOT_SENT)),
        "the order would refund the piece that is still here"
    );
    world.decide(0, |order, now| order.decide_ship(&parcel(2, &[(2, 1)]), now));
    assert!(stands(world.order(id), &[], &back, at(99)).is_ok(), "no time limit before the receipt");
    for (kind, reason) in [(Kind::Return, Reason::NeverArrived), (Kind::Refund, Reason::WithoutReason)] {
        assert_eq!(stands(world.order(id), &[], &wanted(kind, reason, &[(2, 1)]), at(1)), Err(Refusal::Rule(&REASON_UNFIT)));
    }
    world.run(&Step::Complete { nth: 0, by_time: false });
    assert!(stands(world.order(id), &[], &back, at(7)).is_ok(), "the last day counts");
    assert_eq!(stands(world.order(id), &[], &back, at(7).plus_millis(1)), Err(Refusal::Rule(&AFTER_SALE_CLOSED)));
    world.run(&Step::Refund { nth: 0, id: 0, pieces: vec![(0, 3)], freight: 0, restock: true });
    assert_eq!(stands(world.order(id), &[], &back, at(1)), nothing_left, "refunded as a whole");
}

#[test]
fn freight_goes_back_with_the_last_pieces_of_what_was_never_sent() {
    let (mut world, id) = paid_order(&[(2, 2, 100, 0), (3, 1, 50, 0)], 30);
    let by_rule = |world: &World, wants: &[(u64, u32)]| {
        let order = world.order(id);
        freight_back(&order.progress.as_deref().cloned().unwrap_or_else(|| Progress::new(order)), &of_lines(wants))
    };
    assert_eq!(by_rule(&world, &[(2, 2)]), Money::ZERO, "a line is left");
    assert_eq!(by_rule(&world, &[(2, 2), (3, 1)]), fen(30));
    world.run(&Step::Refund { nth: 0, id: 0, pieces: vec![(0, 1)], freight: 10, restock: true });
    assert_eq!(by_rule(&world, &[(2, 1), (3, 1)]), fen(20), "what is left of it");
    let claims = [Claim { refund: refund_of(1).unwrap(), pieces: of_lines(&[(3, 1)]) }];
    let quote = stands(world.order(id), &claims, &wanted(Kind::Refund, Reason::Other, &[(2, 1)]), at(1)).unwrap();
    assert_eq!((quote.freight, quote.amount()), (fen(20), Some(fen(120))), "the other case takes the rest");
    world.decide(0, |order, now| order.decide_ship(&parcel(1, &[(3, 1)]), now));
    assert_eq!(by_rule(&world, &[(2, 1), (3, 1)]), Money::ZERO, "something was sent");
}

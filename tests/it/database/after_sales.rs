//! Rows of after-sale cases: what is read back is what was written, whoever comes second decides anew, messages commit with the case.

use futures_util::future::join_all;
use mallcore::features::after_sales::FEATURE;
use mallcore::features::after_sales::model::{Application, Described, Listed, Told};
use mallcore::features::after_sales::repository;
use mallcore::features::after_sales::service::{self, AfterSaleError, Ordered, Written};
use mallcore::platform::database::Database;
use mallcore::reconcile::reconcile;
use mallcore_actors::after_sales::{
    AFTER_SALE_STATUS, By, Command as Act, Freight, Kind, Note, Quote, QuotedLine, Reason, ReturnParcel, Settlement, Status, Terms, Wanted,
};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::AfterSaleId;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Carrier, LinePieces, Pieces, Tracking};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;

use super::events::{Command, START, Shop, price, sku, user};
use super::scratch;

const DAY: u64 = 86_400_000;
const TERMS: Terms =
    Terms { window_millis: 7 * DAY, answer_millis: 2 * DAY, return_millis: 5 * DAY, receive_millis: 10 * DAY, approves_by_time: false };

fn at(days: u64) -> Timestamp {
    Timestamp::from_millis(START + days * DAY)
}

fn pieces(count: u32) -> Pieces {
    Pieces::from_iter([LinePieces { sku: sku(1), quantity: Quantity::new(count).unwrap() }])
}

/// Four pieces of a SKU, paid.
fn ordered() -> Ordered {
    let shop = Shop::after(&[
        Command::BuyPlain { sku: 1, user: 3, pieces: 4 },
        Command::Move { order: 0, command: mallcore_actors::orders::OrderCommand::Pay },
    ]);
    let order = shop.shard.orders(user(3)).next().unwrap().clone();
    let described = Described {
        sku: sku(1),
        product_name: Some("青花瓷杯 'x'; -- 😀".to_owned()),
        spec: None,
        picture: Some("https://img.example/1.jpg".to_owned()),
        unit_price: price(),
    };
    Ordered { order, lines: vec![described] }
}

fn application(key: u64, kind: Kind, count: u32) -> Application {
    let told = Told { description: Some("第一行\n'第二行' 😀".to_owned()), pictures: vec!["https://img.example/2.jpg".to_owned()] };
    let wanted = Wanted { kind, reason: Reason::Agreed, pieces: pieces(count) };
    Application { key: KeyHash::of("after-sales", &key.to_string()), body: BodyFingerprint::from_u64(u64::MAX - key), wanted, told }
}

async fn apply(database: &Database, key: u64, kind: Kind, count: u32) -> Written {
    service::apply(database, &ordered(), &application(key, kind, count), &TERMS, at(0)).await.unwrap()
}

async fn act(database: &Database, id: AfterSaleId, command: Act, now: Timestamp) -> Result<Written, AfterSaleError> {
    let operator = Operator::parse("小王").unwrap();
    service::advance(database, id, None, &command, Some(&operator), &TERMS, now).await
}

/// A return whose goods have to be sent.
async fn approved_return(database: &Database, key: u64) -> AfterSaleId {
    // Nothing of the order was sent: a return of it is made by hand.
    let id = apply(database, key, Kind::Refund, 1).await.after_sale.id;
    let mut tx = database.begin().await.unwrap();
    tx.execute("UPDATE after_sales SET kind = 2 WHERE id = ?", vec![id.get().into()]).await.unwrap();
    tx.commit().await.unwrap();
    act(database, id, Act::Approve(None), at(1)).await.unwrap();
    id
}

async fn kinds(database: &Database) -> Vec<String> {
    let mut tx = database.snapshot().await.unwrap();
    let rows = tx.all("SELECT kind FROM outbox ORDER BY id", Vec::new()).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap()).collect()
}

#[tokio::test]
async fn a_case_reads_back_as_it_was_written_with_all_that_happened_to_it() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let written = apply(database, 1, Kind::Refund, 3).await.after_sale;
        assert_eq!(repository::by_id(database, written.id).await.unwrap().unwrap(), written);
        assert_eq!((written.expected, written.case.due_at), (Money::from_fen(price().fen() * 3).unwrap(), Some(at(2))));
        let settlement = Settlement { restock: true, freight: Freight::Exactly(Money::from_fen(7).unwrap()) };
        let approved = act(database, written.id, Act::Approve(Some(settlement)), at(1)).await.unwrap().after_sale;
        assert_eq!(repository::by_id(database, written.id).await.unwrap().unwrap(), approved);
        assert_eq!((approved.case.settlement, approved.case.status), (Some(settlement), Status::Refunding));
        let line = QuotedLine { sku: sku(1), quantity: Quantity::new(3).unwrap(), amount: Money::from_fen(5_000).unwrap() };
        let made = Quote { lines: vec![line], freight: Money::from_fen(6).unwrap() };
        let done = service::complete(database, written.id, &made, &TERMS, at(1)).await.unwrap();
        assert!(done.outbox.is_some());
        let read = repository::by_id(database, written.id).await.unwrap().unwrap();
        assert_eq!((read.case.refunded, read.refunded_freight), (Money::from_fen(5_006).ok(), Money::from_fen(6).ok()));
        assert_eq!(read.lines[0].refunded, Money::from_fen(5_000).ok());
        assert_eq!(service::complete(database, written.id, &made, &TERMS, at(1)).await.unwrap().outbox, None, "a repeat");
        let happened = repository::events(database, written.id).await.unwrap();
        let by: Vec<_> = happened.iter().map(|event| (event.version, event.by, event.operator.as_deref())).collect();
        assert_eq!(by, [(1, By::Shopper, None), (2, By::Merchant, Some("小王")), (3, By::Order, None)]);
        let changed = "after_sale.changed";
        assert_eq!(kinds(database).await, [changed, changed, "after_sale.refund", changed, "after_sale.completed"]);
        assert_eq!(reconcile(database).await.unwrap().differences, Vec::<String>::new());

        let mut tx = database.begin().await.unwrap();
        for statement in FEATURE.forgets {
            tx.execute(*statement, vec![3_u64.into()]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let forgotten = repository::by_id(database, written.id).await.unwrap().unwrap();
        assert_eq!((forgotten.told, forgotten.case), (Told::default(), read.case), "words and pictures alone");
    }
}

#[tokio::test]
async fn whoever_comes_second_decides_on_what_the_first_has_done() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let refuse = || Act::Refuse(Note::parse("不同意").unwrap());
        for (key, commands) in [
            (1, vec![Act::Approve(None), Act::Cancel, refuse()]),
            (2, vec![Act::Cancel, refuse(), Act::Approve(Some(Settlement { restock: true, ..Settlement::default() }))]),
        ] {
            let id = apply(database, key, Kind::Refund, 1).await.after_sale.id;
            let answers = join_all(commands.into_iter().map(|command| act(database, id, command, at(1)))).await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
            for answer in answers.iter().filter(|answer| answer.is_err()) {
                assert!(matches!(answer, Err(AfterSaleError::Refused(Refusal::Rule(rule))) if **rule == AFTER_SALE_STATUS), "{answer:?}");
            }
            assert_eq!(repository::events(database, id).await.unwrap().len(), 2);
        }
        // What was decided on an older version is not stored.
        let case = apply(database, 3, Kind::Refund, 1).await.after_sale;
        let events = repository::events(database, case.id).await.unwrap();
        let mut tx = database.begin().await.unwrap();
        assert!(!repository::update(&mut tx, case.id, 7, &case.case, events[0].clone()).await.unwrap());
    }
}

#[tokio::test]
async fn pieces_and_keys_are_counted_once_however_many_apply_at_the_same_time() {
    for scratch in scratch::both().await {
        let (database, ordered) = (&scratch.database, ordered());
        let apply = async |key: u64| service::apply(database, &ordered, &application(key, Kind::Refund, 1), &TERMS, at(0)).await;
        let first = join_all((0..4).map(|_| apply(1))).await;
        let ids: std::collections::BTreeSet<_> = first.iter().map(|answer| answer.as_ref().unwrap().after_sale.id).collect();
        assert_eq!(ids.len(), 1, "{first:?}");
        assert_eq!(first.iter().filter(|answer| answer.as_ref().unwrap().outbox.is_some()).count(), 1);
        let others = join_all((2..9).map(apply)).await;
        assert_eq!(others.iter().filter(|answer| answer.is_ok()).count(), 3, "{others:?}");
        let mut other = application(1, Kind::Refund, 1);
        other.body = BodyFingerprint::from_u64(5);
        let mismatch = service::apply(database, &ordered, &other, &TERMS, at(0)).await;
        assert!(matches!(mismatch, Err(AfterSaleError::Refused(Refusal::IdempotencyMismatch))), "{mismatch:?}");
        assert_eq!(kinds(database).await.len(), 4, "a refusal leaves no message");
    }
}

#[tokio::test]
async fn lists_and_due_cases_are_those_that_fit() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let (first, second) = (apply(database, 1, Kind::Refund, 1).await.after_sale.id, approved_return(database, 2).await);
        let third = approved_return(database, 3).await;
        let parcel = ReturnParcel { carrier: Carrier::parse("SF").unwrap(), tracking: Tracking::parse("SF1").unwrap() };
        act(database, third, Act::Ship(parcel.clone()), at(2)).await.unwrap();
        assert_eq!(repository::by_id(database, third).await.unwrap().unwrap().case.parcel, Some(parcel));
        let due = async |status, now| repository::due(database, status, now, 10).await.unwrap();
        assert_eq!(due(Status::Applied, at(1)).await, []);
        assert_eq!(due(Status::Applied, at(2)).await, [first]);
        assert_eq!(due(Status::AwaitingReturn, at(6)).await, [second]);
        assert_eq!(due(Status::Returning, at(12)).await, [third]);
        let listed =
            async |listed| -> Vec<_> { repository::listed(database, listed, 10).await.unwrap().iter().map(|case| case.id).collect() };
        let order = ordered().order.id.get();
        assert_eq!(listed(Listed { order: Some(order), ..Listed::default() }).await, [third, second, first]);
        assert_eq!(listed(Listed { status: Some(Status::Returning), ..Listed::default() }).await, [third]);
        assert_eq!(listed(Listed { overdue_at: Some(at(6)), ..Listed::default() }).await, [second, first]);
        assert_eq!(listed(Listed { before: Some(second.get()), ..Listed::default() }).await, [first]);
        assert_eq!(listed(Listed { order: Some(order + 1), ..Listed::default() }).await, []);
        let own = async |user_id, status, before| -> Vec<_> {
            repository::of_user(database, user(user_id), status, before, 10).await.unwrap().iter().map(|case| case.id).collect()
        };
        assert_eq!(own(3, None, None).await, [third, second, first]);
        assert_eq!(own(3, Some(Status::Applied), None).await, [first]);
        assert_eq!(own(3, None, Some(third.get())).await, [second, first]);
        assert_eq!(own(4, None, None).await, []);
    }
}

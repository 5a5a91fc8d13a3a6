//! The ledger's rows: any split of batches leaves the same ones on both engines, and what is on the accounts is what happened to the money.

use mallcore::features::ledger::projection::LedgerProjection;
use mallcore::features::ledger::{Accounts, accounts, book_paid_back};
use mallcore::platform::database::{Arguments, Database};
use mallcore::platform::projection::{attach, write};
use mallcore::reconcile::reconcile;
use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{OrderId, PaymentId, ProductId, RefundId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::ledger::{Account, LedgerFold, OwedFor};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{
    Amounts, AttemptNumber, BasketLine, BasketPlaced, CloseReason, Described, OrderClosed, OrderFact, OrderRefunded, Payment,
    PaymentChannel, PaymentStrayed, PaymentTaken, Refund, RefundedLine, Status, Stray, Title, Trade, TradeTaken, Transaction,
};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;

use super::events::{START, user};
use super::journal::MemoryJournal;
use super::scratch;

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn order(id: u64) -> OrderId {
    OrderId::new(id).unwrap()
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(START + second * 1_000)
}

fn placed(id: u64, goods: u64, freight: u64) -> OrderFact {
    let title = Title::parse("a screw").unwrap();
    let lines = vec![BasketLine {
        sku: SkuId::new(7).unwrap(),
        quantity: Quantity::new(1).unwrap(),
        unit_price: fen(goods),
        discount: Money::ZERO,
        described: Described { product: ProductId::new(6).unwrap(), title, spec: None, picture: None },
    }];
    OrderFact::BasketPlaced(Box::new(BasketPlaced {
        order: order(id),
        no: OrderNo::in_partition(Partition::ONLY, order(id), at(0), 7),
        user: user(1),
        amounts: Amounts::of(&lines, fen(freight)).unwrap(),
        lines,
        expires_at: at(900),
        key: KeyHash::of("order", &id.to_string()),
        body: BodyFingerprint::from_u64(id),
        delivery: None,
        remark: None,
        from_cart: false,
    }))
}

fn trade(amount: u64) -> Trade {
    let transaction = Transaction::parse("4200001234").unwrap();
    Trade { attempt: AttemptNumber::FIRST, transaction, amount: fen(amount), payer: None, paid_at: at(1) }
}

fn paid(id: u64, amount: u64) -> OrderFact {
    let payment = Payment { id: PaymentId::new(id).unwrap(), channel: PaymentChannel::WechatPay, amount: fen(amount), payer: None };
    let taken = PaymentTaken { order: order(id), user: user(1), version: 2, payment, lines: [].into_iter().collect() };
    let Trade { attempt, transaction, paid_at, .. } = trade(amount);
    OrderFact::TradeTaken(Box::new(TradeTaken { taken, attempt, transaction, paid_at }))
}

fn closed(id: u64) -> OrderFact {
    let (reason, returns) = (CloseReason::TimedOut, [].into_iter().collect());
    OrderFact::Closed(OrderClosed { order: order(id), user: user(1), version: 2, reason, returns, limit_returned: false })
}

fn strayed(id: u64, amount: u64) -> OrderFact {
    let (order, user, version) = (order(id), user(1), 3);
    OrderFact::PaymentStrayed(Box::new(PaymentStrayed { order, user, version, trade: trade(amount), stray: Stray::Late }))
}

fn refunded(id: u64, goods: u64, freight: u64) -> OrderFact {
    let line = RefundedLine { sku: SkuId::new(7).unwrap(), flash: None, quantity: Quantity::new(1).unwrap(), amount: fen(goods) };
    let refund = Refund { id: RefundId::new(id).unwrap(), lines: [line].into_iter().collect(), freight: fen(freight), restock: false };
    OrderFact::Refunded(OrderRefunded { order: order(id), user: user(1), version: 3, status: Status::Refunded, refund })
}

fn history() -> Vec<OrderFact> {
    vec![
        placed(1, 19_900, 800),
        placed(2, 5_000, 0),
        placed(3, 700, 900),
        paid(1, 20_700),
        closed(3),
        placed(4, 100, 1_000),
        paid(2, 5_000),
        refunded(1, 9_000, 300),
        strayed(3, 1_600),
    ]
}

async fn project(database: &Database, facts: &[OrderFact], split: usize) {
    attach(database, &MemoryJournal::new(), "ledger", &["ledger"]).await.unwrap();
    let mut from = 0;
    for some in facts.chunks(split) {
        let mut batch = Batch::<LedgerFold>::after(Sequence(from));
        for fact in some {
            from += 1;
            batch.take(Sequence(from), Record::system(at(from), fact.clone())).unwrap();
        }
        write::<LedgerProjection>(database, &batch).await.unwrap();
    }
}

/// Every row of the ledger.
async fn rows(database: &Database) -> Vec<String> {
    let mut tx = database.snapshot().await.unwrap();
    let mut rows = Vec::new();
    let text = "SELECT e.entry_key, p.account, p.debit_fen, p.credit_fen, e.kind, COALESCE(e.order_id, 0), e.booked_at FROM ledger_entries e \
         JOIN ledger_postings p ON p.entry_key = e.entry_key ORDER BY e.entry_key, p.account";
    for row in tx.all(text, Arguments::new()).await.unwrap() {
        let numbers: Vec<i64> = (1..6).map(|column| row.int(column).unwrap()).collect();
        rows.push(format!("{} {numbers:?} {}", row.text(0).unwrap(), row.time(6).unwrap().millis()));
    }
    for row in tx.all("SELECT order_id, freight_fen FROM ledger_freights ORDER BY order_id", Arguments::new()).await.unwrap() {
        rows.push(format!("freight of {}: {}", row.int(0).unwrap(), row.int(1).unwrap()));
    }
    rows
}

#[tokio::test]
async fn any_split_leaves_the_same_rows_on_both_engines() {
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    for split in [1, 2, 3, 5, 100] {
        for scratch in scratch::both().await {
            project(&scratch.database, &history(), split).await;
            found.push((split, rows(&scratch.database).await));
            assert!(reconcile(&scratch.database).await.unwrap().differences.is_empty());
        }
    }
    let (_, first) = &found[0];
    assert_eq!((first.len(), first.last().unwrap().as_str()), (3 + 2 + 2 + 3 + 1, "freight of 4: 1000"));
    assert!(found.iter().all(|(split, rows)| rows == first || panic!("split into {split}: {rows:?}, not {first:?}")));
}

#[tokio::test]
async fn the_accounts_say_what_happened_to_the_money() {
    for scratch in scratch::both().await {
        project(&scratch.database, &history(), 4).await;
        for _ in 0..2 {
            let mut tx = scratch.database.begin().await.unwrap();
            book_paid_back(&mut tx, "2026R1", OwedFor::Refund, fen(9_300), at(20)).await.unwrap();
            tx.commit().await.unwrap();
        }
        let Accounts { entries, unbalanced, .. } = accounts(&scratch.database).await.unwrap();
        assert_eq!((entries, unbalanced), (5, 0), "told twice, it is booked once");
        let balances = accounts(&scratch.database).await.unwrap().balances();
        let of = [Account::WechatPay, Account::Sales, Account::Freight, Account::RefundsOwed, Account::StraysOwed];
        assert_eq!(of.map(|account| balances.of(account)), [18_000, -15_900, -500, 0, -1_600]);
        assert_eq!(balances.sum(), 0);
        // Somebody changes a row.
        let mut tx = scratch.database.begin().await.unwrap();
        let text = "UPDATE ledger_postings SET debit_fen = 1 WHERE entry_key = 'strayed:3:3' AND debit_fen > 0";
        assert_eq!(tx.execute(text, Arguments::new()).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(accounts(&scratch.database).await.unwrap().unbalanced, 1);
        let told = reconcile(&scratch.database).await.unwrap().differences;
        assert_eq!(told, ["an entry of the ledger (order 3) has debits of 1 fen and credits of 1600"]);
    }
}

//! The daily comparison with the bills, by a clock that the test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mallcore::features::reconciliation::daily::{Daily, keep_reconciling};
use mallcore::platform::wechat::pay::{WechatPay, wall_clock};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use tokio::task::JoinHandle;

use super::super::app::until;
use super::till::Till;
use super::{becomes, begin, order};

const HOUR: u8 = 10;
const HOUR_MILLIS: u64 = 3_600_000;

/// The clock, and how often the task has looked at it.
#[derive(Default)]
struct Hands {
    now: AtomicU64,
    looks: AtomicU64,
}

impl Hands {
    fn set(&self, now: Timestamp) {
        self.now.store(now.millis(), Ordering::Relaxed);
    }

    /// Waits until the task has done whatever is due at this time.
    async fn looked_at(&self) {
        let before = self.looks.load(Ordering::Relaxed);
        // The second look may have begun before; the third follows a whole one.
        until("the task has looked", async || self.looks.load(Ordering::Relaxed) >= before + 3).await;
    }
}

fn started(till: &Till, hands: &Arc<Hands>) -> JoinHandle<()> {
    let hands = Arc::clone(hands);
    let now = move || {
        hands.looks.fetch_add(1, Ordering::Relaxed);
        Some(Timestamp::from_millis(hands.now.load(Ordering::Relaxed)))
    };
    actix_web::rt::spawn(keep_reconciling(Daily {
        now: Box::new(now),
        every: Duration::from_millis(20),
        payments: till.app.payments(),
        wechat: Arc::new(WechatPay::new(&till.merchant).unwrap()),
        database: till.app.database_settings().clone(),
        folder: till.app.data_dir().join("bills"),
        hour: Some(HOUR),
    }))
}

/// Days from this one on that were compared, with the payments of each; none of a day without a bill.
async fn compared(till: &Till, from: BusinessDay) -> Vec<(BusinessDay, Option<u64>)> {
    let database = till.app.database().await;
    let mut tx = database.snapshot().await.unwrap();
    let text = "SELECT bill_day, has_bill, payments_count FROM payment_reconciliations WHERE bill_day >= ? ORDER BY bill_day";
    let rows = tx.all(text, vec![from.number().into()]).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
    let day = |number: i64| BusinessDay::of_number(u32::try_from(number).unwrap());
    rows.iter().map(|row| (day(row.int(0).unwrap()), (row.int(1).unwrap() != 0).then(|| row.count(2).unwrap()))).collect()
}

#[actix_web::test]
async fn a_day_is_compared_at_its_hour_and_missed_days_after_a_restart() {
    // The shop's own task goes by the real clock, and is not to come in between.
    let till = Till::start(|config| config.reconciliation.hour = 23).await;
    let shopper = till.app.shopper();
    let (paid, _) = order(&till, &shopper).await;
    till.act(&begin(&shopper, paid).await, "confirm").await;
    becomes(&shopper, paid, "paid").await;
    till.app.caught_up().await;
    let today = BusinessDay::of(wall_clock());
    let due_at = today.ends_at().plus_millis(u64::from(HOUR) * HOUR_MILLIS);
    let hands = Arc::new(Hands::default());

    hands.set(Timestamp::from_millis(due_at.millis() - 1));
    let task = started(&till, &hands);
    hands.looked_at().await;
    assert_eq!(compared(&till, today).await, [], "a millisecond before its hour");
    hands.set(due_at);
    until("the day is compared", async || !compared(&till, today).await.is_empty()).await;
    hands.looked_at().await;
    assert_eq!(compared(&till, today).await, [(today, Some(1))], "once, and no other day");
    task.abort();

    // The shop was away for two days and some hours.
    hands.set(due_at.plus_millis(2 * 24 * HOUR_MILLIS + HOUR_MILLIS));
    let task = started(&till, &hands);
    let expected = [(today, Some(1)), (today.next(), None), (today.next().next(), None)];
    until("the missed days are compared", async || compared(&till, today).await.len() >= expected.len()).await;
    hands.looked_at().await;
    assert_eq!(compared(&till, today).await, expected);
    task.abort();
}

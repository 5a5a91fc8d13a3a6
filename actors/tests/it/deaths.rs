//! What becomes of the process when an actor dies: each death happens in a process of its own, which is this test's binary again.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use mallcore_actors::facts::Record;
use mallcore_actors::ids::OrderId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Committed;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::OrderFact;
use mallcore_actors::stock::{Asked, HoldPieces, SkuEffect};
use mallcore_actors::time::Timestamp;

use crate::baskets::{basket, pieces, sku};
use crate::floor::{Floor, SHOPPER, on_a_floor};

const HOLDS: &str = "MALLCORE_TEST_DIES_WITH_HOLDS";
const SIGABRT: i32 = 6;

/// A record that no journal has: more pieces than there are.
fn impossible() -> SkuEffect {
    let (order, at) = (OrderId::new(1).unwrap(), Timestamp::default());
    let placed = basket(1, 1, &[(1, 9)]).placed(order, OrderNo::in_partition(Partition::ONLY, order, at, 0), at);
    let record = Record::system(at, OrderFact::BasketPlaced(placed));
    SkuEffect::Committed(Arc::new(Committed { sequence: Sequence(1), record }))
}

/// The actor of a SKU dies; a coordinator holds some of its pieces or does not.
fn die(with_holds: bool) {
    on_a_floor(move || async move {
        let floor = Floor::open(&[(1, 2)]);
        let owner = floor.engine.new_owner();
        let (sender, _inputs) = tokio::sync::mpsc::unbounded_channel();
        floor.engine.register(owner, sender);
        let hold = HoldPieces { owner, quantity: pieces(2) };
        if with_holds {
            assert_eq!(floor.registry.ask(sku(1), SHOPPER, hold).await, Ok(Ok(Asked::Granted)));
        } else {
            floor.is_free(1, 2).await;
        }
        floor.registry.effect(sku(1), impossible());
        // Answered by the successor, which knows of no holds.
        assert_eq!(floor.registry.ask(sku(1), SHOPPER, hold).await, Ok(Ok(Asked::Granted)));
    });
}

fn in_a_process_of_its_own(with_holds: bool) -> ExitStatus {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "deaths::an_actor_that_dies_with_holds_takes_the_process_along"]).env(HOLDS, with_holds.to_string());
    test.output().unwrap().status
}

#[test]
fn an_actor_that_dies_with_holds_takes_the_process_along() {
    match std::env::var(HOLDS).as_deref() {
        Ok(with_holds) => die(with_holds == "true"),
        Err(_) => {
            assert!(in_a_process_of_its_own(false).success(), "without holds its successor serves");
            let status = in_a_process_of_its_own(true);
            assert_eq!(status.signal(), Some(SIGABRT), "its successor would sell the pieces again: {status}");
        }
    }
}

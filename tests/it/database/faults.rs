//! What does not fit is refused as a whole, and says what to do.

use std::sync::Arc;
use std::time::Duration;

use mallcore::features::orders::projection::Trade;
use mallcore::platform::database::Value;
use mallcore::platform::projection::{AttachError, Projector, ProjectorSettings, State, WriteError, attach, checkpoint, write};
use mallcore::reconcile::reconcile;
use mallcore_actors::journal::{Identity, Journal, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::orders::OrderFact;
use mallcore_actors::orders::fold::TradeFold;

use super::events::{Shop, attached, stage};
use super::journal::MemoryJournal;
use super::projection::{day, project, rows};
use super::scratch;

#[tokio::test]
async fn a_batch_is_never_written_twice() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        attached(&scratch.database).await;
        project(&scratch.database, &shop, 0, 5).await;
        let before = rows(&scratch.database).await;
        let mut again = Batch::<TradeFold>::after(Sequence::ZERO);
        for (sequence, record) in (1..=5).zip(&shop.records) {
            again.take(Sequence(sequence), record.clone()).unwrap();
        }
        let refused = write::<Trade>(&scratch.database, &again).await;
        assert!(
            matches!(refused, Err(WriteError::Mismatch { table: "projection_checkpoints", expected: 1, matched: 0, .. })),
            "{refused:?}"
        );
        assert_eq!(rows(&scratch.database).await, before);
    }
}

#[tokio::test]
async fn an_oversold_row_refuses_the_whole_batch() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        attached(&scratch.database).await;
        let mut tx = scratch.database.begin().await.unwrap();
        tx.execute("UPDATE skus SET available = 1", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        let before = rows(&scratch.database).await;
        let mut batch = Batch::<TradeFold>::after(Sequence::ZERO);
        for (sequence, record) in (1..).zip(&shop.records[..6]) {
            batch.take(Sequence(sequence), record.clone()).unwrap();
        }
        let refused = write::<Trade>(&scratch.database, &batch).await.unwrap_err();
        assert!(!refused.is_transient(), "{refused:?}");
        assert_eq!(rows(&scratch.database).await, before);
    }
}

#[tokio::test]
async fn a_record_that_does_not_fit_halts_the_projection_behind_the_one_before_it() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        let journal = Arc::new(MemoryJournal::new());
        journal.append_all(&shop.records);
        let fifth_order = shop
            .records
            .iter()
            .position(|record| matches!(&record.fact, Fact::Orders(OrderFact::Placed(placed)) if placed.user.get() == 3))
            .unwrap();
        let Fact::Orders(OrderFact::Placed(placed)) = &shop.records[fifth_order].fact else { unreachable!() };
        // Somebody wrote an order where none may write.
        let mut tx = scratch.database.begin().await.unwrap();
        let values: Vec<Value> = vec![placed.order.get().into(), [9; 16].into(), placed.expires_at.into()];
        let text = "INSERT INTO orders (id, order_no, user_id, total_amount_fen, payable_fen, key_hash, body_fingerprint, expires_at, version, sequence) \
             VALUES (?, 'X', 1, 1, 1, ?, 1, ?, 1, 0)";
        tx.execute(text, values).await.unwrap();
        tx.commit().await.unwrap();
        let projector = Projector::spawn::<Trade>(ProjectorSettings::default(), scratch.settings.clone(), journal.clone(), None).unwrap();
        let mut state = projector.state.clone();
        let halted = state.wait_for(|state| matches!(state, State::Halted(_))).await.unwrap().clone();
        let State::Halted(reason) = halted else { unreachable!() };
        let sequence = fifth_order as u64 + 1;
        assert!(reason.contains(&format!("records {sequence} to {sequence}")), "{reason}");
        assert!(!projector.reached(Sequence(sequence)).await);
        assert_eq!(projector.stop(Duration::from_secs(5)).await, Sequence(sequence - 1));
        let mut tx = scratch.database.snapshot().await.unwrap();
        assert_eq!(checkpoint(&mut tx, mallcore::platform::projection::NAME).await.unwrap(), Sequence(sequence - 1));
    }
}

#[tokio::test]
async fn another_journal_an_older_copy_and_a_gap_are_refused_with_a_remedy() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        let mut journal = MemoryJournal::new();
        journal.identity.epoch = 4;
        journal.append_all(&shop.records[..8]);
        assert_eq!(
            attach(&scratch.database, &journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
                .await
                .unwrap(),
            Sequence::ZERO
        );
        project(&scratch.database, &shop, 0, 8).await;
        assert_eq!(
            attach(&scratch.database, &journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
                .await
                .unwrap(),
            Sequence(8)
        );

        let foreign =
            attach(&scratch.database, &MemoryJournal::new(), mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
                .await
                .unwrap_err();
        assert!(matches!(foreign, AttachError::Foreign { .. }) && foreign.to_string().contains("DATA_DIR"), "{foreign}");

        let mut shorter = MemoryJournal::new();
        shorter.identity = journal.identity;
        let ahead = attach(&scratch.database, &shorter, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
            .await
            .unwrap_err();
        assert!(matches!(ahead, AttachError::Ahead { .. }) && ahead.to_string().contains("put the newest one back"), "{ahead}");

        let mut older = MemoryJournal::new();
        older.identity = Identity { epoch: 3, ..journal.identity };
        older.append_all(&shop.records);
        assert!(matches!(
            attach(&scratch.database, &older, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME]).await,
            Err(AttachError::Ahead { .. })
        ));

        older.identity.epoch = 5;
        older.first = Sequence(10);
        let gap = attach(&scratch.database, &older, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
            .await
            .unwrap_err();
        assert!(matches!(gap, AttachError::Gap { .. }) && gap.to_string().contains("restore a newer copy"), "{gap}");
        assert_eq!(older.first_retained(), Sequence(10));
    }
}

#[tokio::test]
async fn an_empty_database_is_refused_by_a_journal_with_records_and_one_from_before_them_is_not() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        let journal = MemoryJournal::new();
        journal.append_all(&shop.records[..8]);
        let refused = attach(&scratch.database, &journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
            .await
            .unwrap_err();
        assert!(matches!(refused, AttachError::Empty { end: Sequence(8), .. }), "{refused}");
        assert!(refused.to_string().contains("put the database of this journal back"), "{refused}");
        let again = attach(&scratch.database, &journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
            .await
            .unwrap_err();
        assert!(matches!(again, AttachError::Empty { .. }), "a refusal leaves nothing behind: {again}");
        stage(&scratch.database).await;
        assert_eq!(
            attach(&scratch.database, &journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
                .await
                .unwrap(),
            Sequence::ZERO
        );
    }
}

#[tokio::test]
async fn reconciling_tells_each_row_that_does_not_add_up() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        attached(&scratch.database).await;
        project(&scratch.database, &shop, 0, shop.records.len()).await;
        let report = reconcile(&scratch.database).await.unwrap();
        assert_eq!(report.differences, Vec::<String>::new());
        assert_eq!((report.orders, report.checkpoint), (shop.orders.len() as u64, shop.records.len() as u64));
        let mut tx = scratch.database.begin().await.unwrap();
        tx.execute("UPDATE seckill_items SET held = held + 1, remaining = remaining - 1 WHERE id = 102", Vec::new()).await.unwrap();
        tx.execute("UPDATE skus SET held = held + 2 WHERE id = 3", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        let told = reconcile(&scratch.database).await.unwrap().differences;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("flash item 102 holds") && told[1].starts_with("SKU 3 holds"), "{told:?}");
    }
}

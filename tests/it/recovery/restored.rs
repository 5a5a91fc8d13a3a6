//! The database is put back to an earlier moment under a running projection: it is followed from there, and the rows come out the same.

use std::sync::Arc;
use std::time::Duration;

use mallcore::features::orders::projection::Trade;
use mallcore::platform::database::{Database, Settings};
use mallcore::platform::projection::{Projector, ProjectorSettings, State, attach};
use mallcore_actors::journal::{Journal, Sequence};

use crate::database::events::{Shop, stage};
use crate::database::journal::MemoryJournal;
use crate::database::projection::{day, project, rows};
use crate::database::scratch::{self, Scratch};

fn schema(scratch: &Scratch) -> String {
    match &scratch.settings {
        Settings::MySql(server) => server.database.clone().unwrap(),
        Settings::Sqlite(_) => unreachable!("it is MySQL"),
    }
}

/// All tables of one schema take the place of the other's, at once, as a restored backup would.
async fn put_back(database: &Database, live: &str, backup: &str) {
    let mut tx = database.begin().await.unwrap();
    let text = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?";
    let tables: Vec<String> = tx.all(text, vec![backup.to_owned().into()]).await.unwrap().iter().map(|row| row.text(0).unwrap()).collect();
    let swap = |table: &String| format!("{live}.{table} TO {backup}.old_{table}, {backup}.{table} TO {live}.{table}");
    let swaps: Vec<String> = tables.iter().map(swap).collect();
    tx.execute(format!("RENAME TABLE {}", swaps.join(", ")), Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn follows_from_an_earlier_moment(has_news: bool) {
    let shop = Shop::after(&day());
    let (all, earlier) = (shop.records.len(), shop.records.len() / 3);
    let (live, backup) = (scratch::mysql().await, scratch::mysql().await);
    let journal = Arc::new(MemoryJournal::new());
    let told = if has_news { all - 2 } else { all };
    journal.append_all(&shop.records[..told]);
    for scratch in [&live, &backup] {
        stage(&scratch.database).await;
        attach(&scratch.database, &*journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME]).await.unwrap();
    }
    project(&backup.database, &shop, 0, earlier).await;
    let projector = Projector::spawn::<Trade>(ProjectorSettings::default(), live.settings.clone(), journal.clone(), None).unwrap();
    assert!(projector.reached(Sequence(told as u64)).await);
    let expected = {
        let whole = scratch::sqlite().await;
        stage(&whole.database).await;
        attach(&whole.database, &*journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME]).await.unwrap();
        project(&whole.database, &shop, 0, all).await;
        rows(&whole.database).await
    };

    put_back(&live.patient().await, &schema(&live), &schema(&backup)).await;
    let mut checkpoint = projector.checkpoint.clone();
    journal.append_all(&shop.records[told..]);
    // Without news it finds out by itself, because it looks now and then.
    checkpoint.wait_for(|at| *at < Sequence(told as u64)).await.unwrap();
    assert!(projector.reached(Sequence(all as u64)).await, "{:?}", projector.state.borrow());
    assert_eq!(rows(&live.database).await, expected);
    assert!(matches!(*projector.state.borrow(), State::Following));
    assert_eq!(projector.highest.load(std::sync::atomic::Ordering::Acquire), all as u64);
    assert_eq!(projector.stop(Duration::from_secs(5)).await, Sequence(all as u64));
    assert_eq!(journal.first_retained(), Sequence(1));
}

#[tokio::test]
async fn a_database_restored_to_an_earlier_moment_is_followed_from_there() {
    follows_from_an_earlier_moment(true).await;
}

#[tokio::test]
async fn a_restored_database_is_noticed_while_nobody_buys() {
    follows_from_an_earlier_moment(false).await;
}

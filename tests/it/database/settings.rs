//! Settings of the server that the shop's statements do not go with, and conditions that pass: the projection waits, and goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use mallcore::features::orders::projection::Trade;
use mallcore::platform::database::{Connections, Database, Error, MySqlServer, Settings};
use mallcore::platform::projection::{Projector, ProjectorHandle, ProjectorSettings, State, attach};
use mallcore_actors::journal::Sequence;

use super::events::{Shop, stage};
use super::journal::MemoryJournal;
use super::private::Private;
use super::projection::day;
use super::scratch;

/// A projection of a whole day that nothing was written of yet.
fn projection(settings: &Settings) -> (ProjectorHandle, Sequence) {
    let shop = Shop::after(&day());
    let journal = Arc::new(MemoryJournal::new());
    journal.append_all(&shop.records);
    let projector = Projector::spawn::<Trade>(ProjectorSettings::default(), settings.clone(), journal, None).unwrap();
    (projector, Sequence(shop.records.len() as u64))
}

async fn run(database: &Database, text: &str) {
    let mut tx = database.begin().await.unwrap();
    tx.execute(text, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
}

/// What it says once it does anything but follow.
async fn stopped(projector: &ProjectorHandle) -> State {
    let mut state = projector.state.clone();
    state.wait_for(|state| *state != State::Following).await.unwrap().clone()
}

#[tokio::test]
async fn a_table_that_is_away_for_a_while_is_waited_for() {
    let scratch = scratch::mysql().await;
    stage(&scratch.database).await;
    run(&scratch.patient().await, "RENAME TABLE order_items TO order_items_away").await;
    let (projector, end) = projection(&scratch.settings);
    let state = stopped(&projector).await;
    assert!(matches!(&state, State::Retrying(why) if why.contains("1146")), "{state:?}");
    run(&scratch.patient().await, "RENAME TABLE order_items_away TO order_items").await;
    assert!(projector.reached(end).await);
    assert_eq!(projector.stop(Duration::from_secs(5)).await, end);
}

/// Whether the database was attached before, or turns up after a start without it: a missing right is no fault of a record, and no foreign journal.
#[tokio::test]
async fn a_right_that_is_missing_stops_the_projection_until_it_is_given() {
    for is_attached in [false, true] {
        let scratch = scratch::mysql().await;
        stage(&scratch.database).await;
        let Settings::MySql(server) = &scratch.settings else { unreachable!("it is MySQL's") };
        let schema = server.database.clone().unwrap();
        let user = schema.replace("mallcore_test", "no_insert");
        run(&scratch.database, &format!("CREATE USER {user}@'%' IDENTIFIED BY 'no insert'")).await;
        run(&scratch.database, &format!("GRANT SELECT, UPDATE, DELETE ON {schema}.* TO {user}@'%'")).await;
        let settings = Settings::MySql(MySqlServer { user: user.clone(), password: "no insert".into(), ..server.clone() });
        let (shop, journal) = (Shop::after(&day()), Arc::new(MemoryJournal::new()));
        if is_attached {
            attach(&scratch.database, &*journal, mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
                .await
                .unwrap();
        }
        journal.append_all(&shop.records);
        let end = Sequence(shop.records.len() as u64);
        let projector = Projector::spawn::<Trade>(ProjectorSettings::default(), settings, journal, None).unwrap();
        let state = stopped(&projector).await;
        let is_named = matches!(&state, State::Refused(why) if why.contains("1142") && why.contains("INSERT"));
        run(&scratch.database, &format!("GRANT INSERT ON {schema}.* TO {user}@'%'")).await;
        let reached = projector.reached(end).await;
        projector.stop(Duration::from_secs(5)).await;
        run(&scratch.database, &format!("DROP USER {user}@'%'")).await;
        assert!(is_named && reached, "{state:?}");
    }
}

#[tokio::test]
async fn a_server_that_logs_statements_as_text_is_named_and_followed_once_it_is_changed() {
    let server = Private::start(&["--log-bin=log", "--binlog-format=ROW"]).await;
    let before = server.settings().connect(Connections::READ).await.unwrap();
    before.migrate().await.unwrap();
    stage(&before).await;
    before.check_fitness().await.unwrap();
    server.run("SET GLOBAL binlog_format = STATEMENT").await;
    let unfit = server.settings().connect(Connections::READ).await.unwrap().check_fitness().await.unwrap_err();
    assert!(matches!(&unfit, Error::Unfit { setting: "binlog_format", .. }), "{unfit}");
    assert!(unfit.to_string().contains("set binlog_format=ROW"), "{unfit}");
    let (projector, end) = projection(&server.settings());
    let state = stopped(&projector).await;
    assert!(matches!(&state, State::Refused(why) if why.contains("binlog_format=STATEMENT")), "{state:?}");
    server.run("SET GLOBAL binlog_format = ROW").await;
    assert!(projector.reached(end).await);
}

/// BEGIN opens a block of PL/SQL there, and `||` joins nothing by default elsewhere.
#[tokio::test]
async fn the_servers_own_sql_mode_does_not_matter() {
    for mode in ["ORACLE", "", "ANSI"] {
        let server = Private::start(&[&format!("--sql-mode={mode}")]).await;
        let database = server.settings().connect(Connections::READ).await.unwrap();
        database.migrate().await.unwrap();
        stage(&database).await;
        attach(&database, &MemoryJournal::new(), mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME])
            .await
            .unwrap();
        let mut tx = database.begin().await.unwrap();
        let joined = tx.first("SELECT 'a' || 'b'", Vec::new()).await.unwrap().unwrap().text(0).unwrap();
        assert_eq!(joined, "ab", "{mode}");
        let cut_off = tx.execute("UPDATE brands SET name = NULL", Vec::new()).await;
        assert!(cut_off.is_ok(), "there is no brand yet: {cut_off:?}");
        let too_long = tx.execute(format!("INSERT INTO brands (name) VALUES ('{}')", "x".repeat(51)), Vec::new()).await;
        assert!(matches!(too_long, Err(Error::Refused(_))), "{mode}: {too_long:?}");
    }
}

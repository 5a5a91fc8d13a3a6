//! Locks, silence and full pools: whoever waits gives up, says why, and leaves nothing behind.

use std::sync::Arc;
use std::time::Duration;

use mallcore::platform::database::{Connections, Database, Encryption, Error, MySqlServer, Reach, Settings};
use mallcore::platform::error_chain;
use sqlx::{Connection as _, MySqlConnection};
use tokio::time::timeout;

use super::scratch::{self, Scratch};
use crate::api::app::until;
use crate::redis::server::free_port;

/// Far more than any statement may wait; only a wait without an end is longer.
const FOR_EVER: Duration = Duration::from_secs(100);
const READ_PRODUCTS: &str = "SELECT COUNT(*) FROM products";

/// A connection outside of the shop's care.
pub async fn stranger(scratch: &Scratch) -> MySqlConnection {
    let Settings::MySql(server) = &scratch.settings else { unreachable!("it is MySQL") };
    let mut options = sqlx::mysql::MySqlConnectOptions::new().host(&server.host).port(server.port).username(&server.user);
    if !server.password.is_empty() {
        options = options.password(&server.password);
    }
    MySqlConnection::connect_with(&options.database(server.database.as_deref().unwrap())).await.unwrap()
}

pub async fn run(connection: &mut MySqlConnection, text: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(connection).await.unwrap();
}

async fn ask(database: &Database, text: &'static str) -> Result<i64, Error> {
    let mut tx = database.snapshot().await?;
    let answer = tx.first(text, Vec::new()).await?.unwrap().int(0)?;
    tx.commit().await?;
    Ok(answer)
}

/// Connections of this schema that run a statement, besides the one that asks.
async fn at_work(scratch: &Scratch) -> i64 {
    let mut tx = scratch.database.snapshot().await.unwrap();
    let text = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND command <> 'Sleep' AND id <> CONNECTION_ID()";
    tx.first(text, Vec::new()).await.unwrap().unwrap().int(0).unwrap()
}

#[tokio::test]
async fn a_reader_behind_an_alter_table_gives_up_by_itself() {
    let scratch = scratch::mysql().await;
    let (mut holder, mut altering) = (stranger(&scratch).await, stranger(&scratch).await);
    run(&mut holder, "START TRANSACTION; SELECT COUNT(*) FROM products").await;
    let altered = tokio::spawn(async move { run(&mut altering, "ALTER TABLE products ADD COLUMN weight INT NULL").await });
    let waiting =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'ALTER%' AND state LIKE '%metadata%'";
    until("the ALTER TABLE waits", async || ask(&scratch.database, waiting).await.unwrap() == 1).await;
    let read = timeout(FOR_EVER, ask(&scratch.database, READ_PRODUCTS)).await.expect("it does not wait for ever");
    assert!(read.as_ref().is_err_and(Error::is_transient), "{read:?}");
    run(&mut holder, "COMMIT").await;
    altered.await.unwrap();
    assert_eq!(ask(&scratch.database, READ_PRODUCTS).await.unwrap(), 0);
}

#[tokio::test]
async fn questions_that_were_given_up_leave_no_connections_behind() {
    let scratch = scratch::mysql().await;
    let mut holder = stranger(&scratch).await;
    run(&mut holder, "LOCK TABLES products WRITE").await;
    let reach = Arc::new(Reach::new(scratch.settings.clone(), Connections { max: 3, ..Connections::READ }));
    for _ in 0..8 {
        let database = reach.current();
        let questions = (0..3).map(|_| timeout(Duration::from_millis(50), ask(&database, READ_PRODUCTS)));
        if futures_util::future::join_all(questions).await.iter().any(Result::is_err) {
            reach.replace(&database);
        }
    }
    // The lock is still held: nobody is let in, all have gone.
    until("nobody waits any more", async || at_work(&scratch).await == 0).await;
    run(&mut holder, "UNLOCK TABLES").await;
    until("it answers", async || ask(&reach.current(), READ_PRODUCTS).await.is_ok()).await;
}

#[tokio::test]
async fn a_place_in_the_pool_is_free_again_whatever_the_server_does_with_a_statement_that_was_given_up() {
    let scratch = scratch::mysql().await;
    let one = scratch.settings.connect(Connections { max: 1, wait_max: Duration::from_secs(20), ..Connections::READ }).await.unwrap();
    let slow = timeout(Duration::from_millis(50), ask(&one, "SELECT SLEEP(50)")).await;
    assert!(slow.is_err(), "{slow:?}");
    assert_eq!(ask(&one, "SELECT 7").await.unwrap(), 7);
}

#[tokio::test]
async fn a_transaction_that_was_dropped_is_undone_and_its_connection_goes_on() {
    let scratch = scratch::mysql().await;
    let one = scratch.settings.connect(Connections { max: 1, ..Connections::READ }).await.unwrap();
    let connection = ask(&one, "SELECT CONNECTION_ID()").await.unwrap();
    let mut tx = one.begin().await.unwrap();
    tx.execute("INSERT INTO brands (name) VALUES ('never')", Vec::new()).await.unwrap();
    assert!(tx.execute("INSERT INTO brands (name) VALUES ('never')", Vec::new()).await.is_err());
    drop(tx);
    assert_eq!(ask(&one, "SELECT COUNT(*) FROM brands").await.unwrap(), 0);
    assert_eq!(ask(&one, "SELECT CONNECTION_ID()").await.unwrap(), connection);
}

#[tokio::test]
async fn a_connection_that_cannot_be_had_says_why() {
    let nobody = MySqlServer {
        host: "127.0.0.1".into(),
        port: free_port(),
        user: "root".into(),
        password: String::new(),
        database: None,
        encryption: Encryption::Off,
    };
    let short = Connections { max: 1, wait_max: Duration::from_secs(1), ..Connections::READ };
    let refused = Settings::MySql(nobody.clone()).connect(short).await.unwrap_err();
    assert!(refused.is_transient() && error_chain::of(&refused).contains("refused"), "{}", error_chain::of(&refused));
    let refused = Settings::MySql(nobody).connect_lazily(short).begin().await.unwrap_err();
    assert!(refused.to_string().contains("refused"), "{refused}");

    let scratch = scratch::mysql().await;
    // Time enough for a busy machine to connect.
    let one = scratch.settings.connect(Connections { wait_max: Duration::from_secs(4), ..short }).await.unwrap();
    let held = one.begin().await.unwrap();
    let busy = one.begin().await.unwrap_err();
    assert!(busy.is_transient() && busy.to_string().contains("all 1 connections were in use"), "{busy}");
    drop(held);
}

#[tokio::test]
async fn an_account_with_too_many_connections_is_named() {
    let scratch = scratch::mysql().await;
    let Settings::MySql(server) = &scratch.settings else { unreachable!("it is MySQL's") };
    let (user, mut root) = (server.database.as_deref().unwrap().replace("mallcore_test", "one_only"), stranger(&scratch).await);
    run(&mut root, &format!("CREATE USER {user}@'%' IDENTIFIED BY 'one only' WITH MAX_USER_CONNECTIONS 1")).await;
    run(&mut root, &format!("GRANT SELECT ON {}.* TO {user}@'%'", server.database.as_deref().unwrap())).await;
    let settings = Settings::MySql(MySqlServer { user: user.clone(), password: "one only".into(), ..server.clone() });
    // Time enough for a busy machine to connect.
    let short = Connections { max: 2, wait_max: Duration::from_secs(4), ..Connections::READ };
    let two = settings.connect(short).await.unwrap();
    let held = two.begin().await.unwrap();
    let refused = two.begin().await;
    drop(held);
    two.close().await;
    run(&mut root, &format!("DROP USER {user}@'%'")).await;
    let refused = refused.unwrap_err();
    assert!(refused.is_transient() && refused.to_string().contains("max_user_connections"), "{refused}");
}

//! What the server says, told apart: a transient failure, after which the same statement is tried again, and a statement that is at fault.

use mallcore::platform::database::{Connections, Database, Error, MYSQL_TRANSIENT};

use super::scratch;

async fn run(database: &Database, text: String) -> Result<u64, Error> {
    let mut tx = database.begin().await?;
    let done = tx.execute(text, Vec::new()).await?;
    tx.commit().await?;
    Ok(done)
}

#[tokio::test]
async fn the_servers_numbers_are_transient_or_a_fault() {
    let scratch = scratch::mysql().await;
    let Database::MySql(server) = &scratch.database else { unreachable!("it is MySQL") };
    let say = async |number: u16| {
        let text = format!("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'made up'");
        // MySQL takes SIGNAL in the text protocol only.
        Error::from(sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(server).await.unwrap_err())
    };
    for (number, meaning) in MYSQL_TRANSIENT {
        let error = say(number).await;
        assert!(error.is_transient(), "{number} {meaning}: {error:?}");
    }
    for fault in [1048, 1054, 1062, 1064, 1142, 1153, 1264, 1366, 1406, 1451, 1452, 4025] {
        let error = say(fault).await;
        assert!(matches!(error, Error::Refused(_)) && !error.is_transient(), "{fault}: {error:?}");
    }
}

#[tokio::test]
async fn a_real_transient_failure_is_recognised() {
    let scratch = scratch::mysql().await;
    let insert = |id: u32| format!("INSERT INTO products (id, name, price_fen, stock) VALUES ({id}, 'x', 1, 1)");
    for id in [1, 2] {
        run(&scratch.database, insert(id)).await.unwrap();
    }
    let lock = |id: u32| format!("UPDATE products SET stock = stock + 1 WHERE id = {id}");

    let mut holder = scratch.database.begin().await.unwrap();
    holder.execute(lock(1), Vec::new()).await.unwrap();
    let mut waiter = scratch.database.begin().await.unwrap();
    waiter.execute("SET SESSION innodb_lock_wait_timeout = 1", Vec::new()).await.unwrap();
    let waited = waiter.execute(lock(1), Vec::new()).await.unwrap_err();
    assert!(waited.is_transient(), "lock wait: {waited:?}");
    drop(waiter);

    let mut other = scratch.database.begin().await.unwrap();
    other.execute(lock(2), Vec::new()).await.unwrap();
    let (one, two) = tokio::join!(holder.execute(lock(2), Vec::new()), other.execute(lock(1), Vec::new()));
    let deadlock = one.err().or(two.err()).expect("one of the two is the victim");
    assert!(deadlock.is_transient(), "deadlock: {deadlock:?}");
    drop((holder, other));

    let mut doomed = scratch.database.begin().await.unwrap();
    let id = doomed.first("SELECT CONNECTION_ID()", Vec::new()).await.unwrap().unwrap().int(0).unwrap();
    run(&scratch.database, format!("KILL {id}")).await.unwrap();
    let killed = doomed.execute(lock(1), Vec::new()).await.unwrap_err();
    assert!(killed.is_transient(), "killed: {killed:?}");

    let twice = run(&scratch.database, insert(1)).await.unwrap_err();
    assert!(!twice.is_transient(), "duplicate key: {twice:?}");
}

/// When the network is cut the server never hears that a process has died, and its successor would wait for the dead one's locks for hours.
#[tokio::test]
async fn a_writer_that_has_fallen_silent_loses_its_locks() {
    let scratch = scratch::mysql().await;
    run(&scratch.database, "INSERT INTO products (id, name, price_fen, stock) VALUES (1, 'x', 1, 1)".to_owned()).await.unwrap();
    let lock = "UPDATE products SET stock = stock + 1 WHERE id = 1";
    let connections = Connections { silent_max_seconds: Some(1), ..Connections::ONE };
    let silent = scratch.settings.connect(connections).await.unwrap();
    let mut holder = silent.begin().await.unwrap();
    holder.execute(lock, Vec::new()).await.unwrap();
    // Waits for the lock, and gets it within the time that anybody waits for one.
    assert_eq!(run(&scratch.database, lock.to_owned()).await.unwrap(), 1);
    drop(holder);
}

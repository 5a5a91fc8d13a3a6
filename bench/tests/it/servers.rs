//! Private servers, for real: they come, go away, come back with what they had, and nobody else's are touched.

use std::time::{Duration, Instant};

use mall_bench::events::{EventConsumer, bind_bounded};
use mall_bench::servers::{Appends, MariaDb, RabbitMq, Redis, SCHEMA};
use sqlx::{Connection as _, Executor as _, MySqlConnection};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn a_database_comes_back_with_its_rows_and_a_backup_without_the_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut database = MariaDb::start(&folder.path().join("mariadb")).unwrap();
    let url = database.url(SCHEMA);
    let rows = |statements: &[&'static str]| {
        block_on(async {
            let mut connection = MySqlConnection::connect(&url).await.unwrap();
            for statement in statements {
                connection.execute(*statement).await.unwrap();
            }
            sqlx::query_scalar::<_, i64>("SELECT CAST(COUNT(*) AS SIGNED) FROM seen").fetch_one(&mut connection).await.unwrap()
        })
    };
    assert_eq!(rows(&["CREATE TABLE seen (id INT)", "INSERT INTO seen VALUES (1)"]), 1);
    assert!(database.back_up(&folder.path().join("backup")).is_err(), "the files of a running database are not to be copied");
    database.child_mut().stop().unwrap();
    database.back_up(&folder.path().join("backup")).unwrap();
    database.child_mut().start().unwrap();
    assert_eq!(rows(&["INSERT INTO seen VALUES (2)"]), 2);
    database.child_mut().kill9();
    database.child_mut().start().unwrap();
    assert_eq!(rows(&[]), 2);
    database.child_mut().stop().unwrap();
    database.restore(&folder.path().join("backup")).unwrap();
    database.child_mut().start().unwrap();
    assert_eq!(rows(&[]), 1);
}

#[test]
fn redis_keeps_what_it_answered_through_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Redis::start(&folder.path().join("redis"), Appends::Always).unwrap();
    let client = redis::Client::open(format!("redis://127.0.0.1:{}", server.child().port())).unwrap();
    let () = redis::cmd("SET").arg("piece").arg(7).query(&mut client.get_connection().unwrap()).unwrap();
    server.child_mut().kill9();
    assert!(client.get_connection().is_err());
    server.child_mut().start().unwrap();
    let kept: i64 = redis::cmd("GET").arg("piece").query(&mut client.get_connection().unwrap()).unwrap();
    assert_eq!(kept, 7);
}

/// One event of the journal, confirmed.
fn publish(url: &str, sequence: u64) {
    let body = format!(r#"{{"sequence":{sequence},"type":"ids.reserved","data":{{}}}}"#);
    block_on(async {
        let connection = lapin::Connection::connect(url, lapin::ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(lapin::options::ConfirmSelectOptions::default()).await.unwrap();
        let persistent = lapin::BasicProperties::default().with_message_id(sequence.to_string().into()).with_delivery_mode(2);
        let options = lapin::options::BasicPublishOptions::default();
        let sent = channel.basic_publish("mall.events".into(), "ids.reserved".into(), options, body.as_bytes(), persistent).await;
        sent.unwrap().await.unwrap();
    });
}

/// Waits until so many different events were heard.
fn heard(consumer: &EventConsumer, events: u64) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while consumer.ledger().events < events {
        assert!(Instant::now() < deadline, "{} of {events} events heard", consumer.ledger().events);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_broker_comes_back_with_its_queue_and_its_consumer_comes_back_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = RabbitMq::launch(&folder.path().join("rabbitmq")).unwrap();
    broker.child_mut().wait_until_it_answers().unwrap();
    bind_bounded(&broker.url()).unwrap();
    let consumer = EventConsumer::start(&broker.url()).unwrap();
    publish(&broker.url(), 1);
    publish(&broker.url(), 1);
    heard(&consumer, 1);
    broker.child_mut().stop().unwrap();
    broker.child_mut().start().unwrap();
    publish(&broker.url(), 2);
    heard(&consumer, 2);
    let ledger = consumer.ledger();
    assert_eq!((ledger.events, ledger.missing(), ledger.faults.len()), (2, 0, 0));
    assert!(ledger.repeats >= 1, "{}", ledger.repeats);
}

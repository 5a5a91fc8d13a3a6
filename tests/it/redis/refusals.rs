//! Redis that answers PING and is of no use all the same: each way of it is told with the server's own words, and so is its end.

use mallcore::platform::redis::{Condition, Error, Link};

use super::server::{Server, free_port, link};
use crate::api::app::until;

/// Waits until the link says so with these words of the server.
async fn says(link: &Link, words: &str) {
    until(&format!("the link says {words}"), async || {
        let condition = link.condition().borrow().clone();
        matches!(&condition, Condition::Refusing(reason) | Condition::Away(reason) if reason.contains(words))
    })
    .await;
    assert!(!link.is_up());
}

async fn serves(link: &Link) {
    until("redis takes writes again", async || link.is_up()).await;
}

#[tokio::test]
async fn a_replica_does_not_count_as_serving_though_it_answers() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    server.told(&format!("REPLICAOF 127.0.0.1 {}", free_port())).await;
    says(&link, "READONLY").await;
    // What is asked meanwhile fails at once, and changes nothing about it.
    assert!(matches!(link.query::<String>(&redis::cmd("PING")).await, Err(Error::Away)));
    server.told("REPLICAOF NO ONE").await;
    serves(&link).await;
}

#[tokio::test]
async fn a_replica_is_told_at_the_start() {
    let server = Server::start_with(&["--replicaof", "127.0.0.1", &free_port().to_string()]).await;
    let link = Link::of(&server.settings()).unwrap();
    let watching = link.start();
    says(&link, "READONLY").await;
    watching.abort();
}

#[tokio::test]
async fn a_server_out_of_memory_is_read_and_not_written() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    let _: String = link.query(redis::cmd("SET").arg("key").arg("value")).await.unwrap();
    server.told("CONFIG SET maxmemory 1").await;
    says(&link, "OOM").await;
    assert_eq!(link.query::<String>(redis::cmd("GET").arg("key")).await.unwrap(), "value");
    server.told("CONFIG SET maxmemory 0").await;
    serves(&link).await;
}

#[tokio::test]
async fn a_server_that_cannot_save_is_told() {
    let server = Server::start_with(&["--save", "3600 1"]).await;
    let link = link(&server.settings()).await;
    server.lose_folder();
    server.told("BGSAVE").await;
    says(&link, "MISCONF").await;
    server.told("CONFIG SET stop-writes-on-bgsave-error no").await;
    serves(&link).await;
}

#[tokio::test]
async fn a_missing_right_is_told() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    server.told("ACL SETUSER default resetkeys ~limit:*").await;
    says(&link, "NOPERM").await;
    server.told("ACL SETUSER default ~*").await;
    serves(&link).await;
}

#[tokio::test]
async fn a_right_that_only_one_command_lacks_is_told_when_that_is_sent() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    server.told("ACL SETUSER default -zadd").await;
    let refused: Result<u32, Error> = link.query(redis::cmd("ZADD").arg("admin_sessions:1").arg(1).arg("id")).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    assert!(matches!(&*link.condition().borrow(), Condition::Refusing(reason) if reason.contains("zadd")));
}

#[tokio::test]
async fn a_cluster_is_told() {
    let server = Server::start_with(&["--cluster-enabled", "yes"]).await;
    server.told("CLUSTER ADDSLOTSRANGE 0 16383").await;
    let link = Link::of(&server.settings()).unwrap();
    let watching = link.start();
    says(&link, "slot").await;
    watching.abort();
}

#[tokio::test]
async fn asking_leaves_nothing_behind() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    assert_eq!(link.query::<u64>(&redis::cmd("DBSIZE")).await.unwrap(), 0);
    let _: String = link.query(redis::cmd("SET").arg("product:probe").arg("theirs")).await.unwrap();
    server.told("CONFIG SET maxmemory 1").await;
    says(&link, "OOM").await;
    server.told("CONFIG SET maxmemory 0").await;
    serves(&link).await;
    assert_eq!(link.query::<String>(redis::cmd("GET").arg("product:probe")).await.unwrap(), "theirs");
}

//! The link: lazy, bounded, back by itself, encrypted where it is asked to be.

use mallcore::platform::config::Secret;
use mallcore::platform::redis::{Error, Link};

use super::server::{Proxy, Server, free_port, link, settings};
use crate::api::app::until;

async fn ping(link: &Link) -> Result<String, Error> {
    link.query(&redis::cmd("PING")).await
}

#[tokio::test]
async fn without_a_server_it_starts_and_says_no() {
    let link = Link::of(&settings(free_port())).unwrap();
    assert!(matches!(ping(&link).await, Err(Error::Away)));
    let watching = link.start();
    assert!(matches!(ping(&link).await, Err(Error::Away)));
    watching.abort();
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_is_noticed() {
    let mut server = Server::start().await;
    let link = link(&server.settings()).await;
    assert_eq!(ping(&link).await.unwrap(), "PONG");
    server.kill();
    until("the link is down", async || !link.is_up()).await;
    assert!(matches!(ping(&link).await, Err(Error::Away)));
    server.start_again().await;
    until("the link is up", async || link.is_up()).await;
    assert_eq!(ping(&link).await.unwrap(), "PONG");
}

#[tokio::test]
async fn connections_that_hang_are_given_up_and_made_anew() {
    let server = Server::start().await;
    let proxy = Proxy::before(server.port).await;
    let mut settings = settings(proxy.port);
    settings.timeout_millis = 100;
    let link = link(&settings).await;
    proxy.hang(true);
    until("the link is down", async || !link.is_up()).await;
    assert!(matches!(ping(&link).await, Err(Error::Away)));
    proxy.hang(false);
    until("the link is up", async || link.is_up()).await;
    until("it answers", async || ping(&link).await.is_ok()).await;
}

#[tokio::test]
async fn what_the_server_refuses_is_not_an_outage() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    let refused: Result<String, Error> = link.query(redis::cmd("GET").arg("a").arg("b")).await;
    assert!(matches!(refused, Err(Error::Refused(_))));
    assert!(link.is_up());
}

#[tokio::test]
async fn encrypted_it_knows_its_server() {
    mallcore::platform::tls::install_provider();
    let server = Server::with_tls().await;
    let link = link(&server.settings_with_tls()).await;
    assert_eq!(ping(&link).await.unwrap(), "PONG");

    for spoilt in [
        // Nobody whom this machine trusts has signed its certificate.
        |settings: &mut mallcore::platform::config::Redis| settings.tls_ca_file = None,
        |settings: &mut mallcore::platform::config::Redis| settings.tls = false,
        |settings: &mut mallcore::platform::config::Redis| settings.password = Some(Secret::new("another")),
    ] {
        let mut settings = server.settings_with_tls();
        spoilt(&mut settings);
        let client = mallcore::platform::redis::client(&settings).unwrap();
        let connected = client.get_multiplexed_async_connection().await;
        assert!(connected.is_err(), "{settings:?}");
    }
}

#[tokio::test]
async fn a_missing_file_of_certificates_is_told_at_once() {
    let mut settings = settings(free_port());
    (settings.tls, settings.tls_ca_file) = (true, Some("/nowhere/ca.pem".into()));
    let refused = Link::of(&settings).err().unwrap();
    assert!(refused.to_string().contains("/nowhere/ca.pem"), "{refused}");
}

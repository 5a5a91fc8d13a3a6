//! Limits of two processes over one Redis: two sets of buckets that know of each other by Redis only.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore::platform::config::Bucket;
use mallcore::platform::limits::{Buckets, Shared, Sharing};
use mallcore::platform::redis::Link;

use super::server::{Proxy, Server, free_port, link, settings};
use crate::api::app::until;

const KEY: u64 = 7;

struct Process {
    link: Link,
    key: u64,
    began: Instant,
    shared: Shared<u64>,
    sharing: Sharing,
}

impl Process {
    fn new(link: Link, bucket: Bucket) -> Self {
        let began = Instant::now();
        let shared = Shared { prefix: "limit:test:".to_owned(), buckets: Arc::new(Buckets::new(bucket)) };
        Self { key: KEY, began, shared, sharing: Sharing::new(link.clone(), began), link }
    }

    fn for_key(self, key: u64) -> Self {
        Self { key, ..self }
    }

    async fn round(&self) {
        self.sharing.round(&self.shared).await;
    }

    fn take(&self) -> Result<(), Duration> {
        self.shared.buckets.take(self.key, self.began.elapsed().as_nanos() as u64)
    }

    fn admitted(&self, asked: u32) -> u32 {
        (0..asked).map(|_| u32::from(self.take().is_ok())).sum()
    }
}

async fn two(settings: &mallcore::platform::config::Redis, bucket: Bucket) -> [Process; 2] {
    let processes = [Process::new(link(settings).await, bucket), Process::new(link(settings).await, bucket)];
    // The first round begins to share.
    for process in &processes {
        process.round().await;
    }
    processes
}

#[tokio::test]
async fn two_processes_together_admit_about_the_limit() {
    let server = Server::start().await;
    let bucket = Bucket { per_second: 200, burst: 20 };
    let processes = two(&server.settings(), bucket).await;
    let (began, mut passed) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_millis(1_500) {
        for process in &processes {
            passed += process.admitted(50);
            process.round().await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let limit = f64::from(bucket.burst) + began.elapsed().as_secs_f64() * f64::from(bucket.per_second);
    let tolerance = f64::from(2 * (bucket.burst + bucket.burst / 4));
    assert!(f64::from(passed) <= limit + tolerance, "{passed} of {limit}");
    assert!(passed >= bucket.burst);
}

#[tokio::test]
async fn what_one_process_gave_another_does_not_give_again() {
    let server = Server::start().await;
    // Nothing worth mentioning comes back while the test runs.
    let bucket = Bucket { per_second: 1, burst: 2_000 };
    let [one, other] = two(&server.settings(), bucket).await;
    assert_eq!(one.admitted(1_500), 1_500);
    one.round().await;
    // It learns when it tells: after a quarter of the burst.
    assert_eq!(other.admitted(500), 500);
    other.round().await;
    let more = other.admitted(2_000);
    assert!(more <= 100, "{more} beyond the 2000 that both have together");
    // The debt of nobody is forgotten: the first process learns it too once it has told.
    assert_eq!(one.admitted(500), 500);
    one.round().await;
    let wait = one.take().unwrap_err();
    assert!(wait > Duration::from_secs(300), "{wait:?}");
}

#[tokio::test]
async fn others_keys_are_not_touched_and_idle_ones_leave_redis() {
    let server = Server::start().await;
    let bucket = Bucket { per_second: 1_000, burst: 8 };
    let [one, other] = two(&server.settings(), bucket).await;
    one.admitted(8);
    one.round().await;
    let far = other.began.elapsed().as_nanos() as u64;
    assert_eq!((0..8).filter(|_| other.shared.buckets.take(KEY + 1, far).is_ok()).count(), 8);
    let link = link(&server.settings()).await;
    until("the full bucket is forgotten", async || link.query::<u64>(&redis::cmd("DBSIZE")).await.unwrap() == 0).await;
}

#[tokio::test]
async fn without_redis_each_process_has_its_own() {
    let bucket = Bucket { per_second: 1, burst: 100 };
    let settings = settings(free_port());
    for _ in 0..2 {
        let link = Link::of(&settings).unwrap();
        let watching = link.start();
        let process = Process::new(link, bucket);
        process.round().await;
        let passed = process.admitted(300);
        process.round().await;
        assert!((100..110).contains(&(passed + process.admitted(10))), "{passed}");
        watching.abort();
    }
}

#[tokio::test]
async fn a_redis_that_hangs_costs_nothing_and_is_used_again_when_it_answers() {
    let server = Server::start().await;
    let proxy = Proxy::before(server.port).await;
    let mut settings = settings(proxy.port);
    settings.timeout_millis = 100;
    let bucket = Bucket { per_second: 1, burst: 10_000 };
    let [one, other] = two(&settings, bucket).await;
    proxy.hang(true);
    assert_eq!(one.admitted(5_000), 5_000);
    one.round().await;
    until("it is given up", async || !one.link.is_up() && !other.link.is_up()).await;
    one.round().await;
    assert_eq!((one.admitted(5_000), other.admitted(10_000)), (5_000, 10_000));

    proxy.hang(false);
    until("it is used again", async || one.link.is_up() && other.link.is_up()).await;
    let (one, other) = (one.for_key(KEY + 1), other.for_key(KEY + 1));
    one.round().await;
    other.round().await;
    assert_eq!((one.admitted(5_000), other.admitted(2_500)), (5_000, 2_500));
    one.round().await;
    other.round().await;
    let more = other.admitted(10_000);
    assert!((2_500..2_600).contains(&more), "{more} beyond the 7500 that were given");
}

#[tokio::test]
async fn keys_that_could_not_be_told_are_told_the_next_time() {
    let server = Server::start().await;
    let proxy = Proxy::before(server.port).await;
    let mut settings = settings(proxy.port);
    settings.timeout_millis = 100;
    let [one, _] = two(&settings, Bucket { per_second: 1, burst: 1_000 }).await;
    // More keys than go into one call: the first fails, and the others are not even sent.
    let press = || {
        let now = one.began.elapsed().as_nanos() as u64;
        (0..1_000).map(|key| (0..250).filter(|_| one.shared.buckets.take(key, now).is_ok()).count()).sum::<usize>()
    };
    assert_eq!(press(), 250_000);
    proxy.hang(true);
    one.round().await;
    proxy.hang(false);
    let direct = link(&server.settings()).await;
    until("it is used again", async || one.link.query::<String>(&redis::cmd("PING")).await.is_ok()).await;
    until("every key is told", async || {
        press();
        one.round().await;
        direct.query::<u64>(&redis::cmd("DBSIZE")).await.unwrap() == 1_000
    })
    .await;
}

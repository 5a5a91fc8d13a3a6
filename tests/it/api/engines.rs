//! The same tests over both engines: an embedded shop, and one with its rows in MySQL or MariaDB. What the latter sends is explained afterwards.

use mallcore::platform::config::{Config, Database, Encryption, Secret};
use mallcore::platform::database::Settings;
use mallcore::platform::vault::{BlindIndexKey, KeyRing, Keys};

use super::app::{Sale, TestApp};
use super::explained::{explain, keep_statistics};
use super::recorder::Recorder;
use crate::database::scratch::{self, Scratch};

/// What a shop over a server seals personal data with, so that a command beside it can open it: `DATA_KEYS` and `BLIND_INDEX_KEY`.
pub const KEYS: [&str; 2] = ["1:bm90LWEtc2VjcmV0LXRlc3RpbmctZGF0YS1rZXktMDE=", "bm90LWEtc2VjcmV0LXRlc3RpbmctYmxpbmQtaWR4LTE="];

/// Makes tests of functions that take a shop: each on SQLite in a shop of its own, and all of them, one after another in one shop, on MariaDB.
macro_rules! each_embedded_and_all_on_mariadb {
    (quota $quota:literal, limit $limit:literal; $($test:ident,)+) => {
        mod embedded {
            $(
                #[actix_web::test]
                async fn $test() {
                    let sale = crate::api::app::Sale { quota: $quota, limit: $limit };
                    crate::api::engines::embedded(sale, |_| {}, async |app| super::$test(app).await).await;
                }
            )+
        }

        #[actix_web::test]
        async fn all_on_mariadb() {
            let sale = crate::api::app::Sale { quota: $quota, limit: $limit };
            crate::api::engines::on_mariadb(sale, |_| {}, async |app| {
                $($test(app).await;)+
            })
            .await;
        }
    };
}
pub(crate) use each_embedded_and_all_on_mariadb;

/// Makes tests of functions that take a shop: each on both engines, in shops of its own.
macro_rules! each_on_both {
    ($($test:ident,)+) => {
        mod on_both {
            $(
                #[actix_web::test]
                async fn $test() {
                    crate::api::engines::on_both_explained(|_| {}, async |app| super::$test(app).await).await;
                }
            )+
        }
    };
}
pub(crate) use each_on_both;

/// Runs a test on each engine, with these changes of the settings. The test asks as often as it likes.
pub async fn on_both(change: impl Fn(&mut Config), test: impl AsyncFn(&TestApp)) {
    let sale = || Sale { quota: 10, limit: 1 };
    embedded(sale(), &change, &test).await;
    let scratch = scratch::mysql().await;
    let app = over(sale(), &change, database(&scratch)).await;
    test(&app).await;
    // Before its schema is dropped.
    drop(app);
    drop(scratch);
}

/// The same, and looks at the plans of what was sent to MariaDB.
pub async fn on_both_explained(change: impl Fn(&mut Config), test: impl AsyncFn(&TestApp)) {
    let sale = || Sale { quota: 10, limit: 1 };
    embedded(sale(), &change, &test).await;
    on_mariadb(sale(), &change, &test).await;
}

async fn over(sale: Sale, change: impl FnOnce(&mut Config), database: Database) -> TestApp {
    TestApp::with(sale, |config| {
        config.rate_limits.enabled = false;
        change(config);
        config.encryption = sealed();
        config.database = Some(database);
    })
    .await
}

fn sealed() -> Encryption {
    let [ring, index] = KEYS;
    Encryption { keys: Some(Keys { ring: KeyRing::parse(ring).unwrap(), index: BlindIndexKey::parse(index).unwrap() }) }
}

/// Runs a test in an embedded shop.
pub async fn embedded(sale: Sale, change: impl FnOnce(&mut Config), test: impl AsyncFnOnce(&TestApp)) {
    let app = TestApp::with(sale, |config| {
        config.rate_limits.enabled = false;
        change(config);
    })
    .await;
    test(&app).await;
}

/// Runs a test in a shop over MySQL or MariaDB, and looks at the plans of all statements that it has sent meanwhile.
pub async fn on_mariadb(sale: Sale, change: impl FnOnce(&mut Config), test: impl AsyncFnOnce(&TestApp)) {
    let scratch = scratch::mysql().await;
    keep_statistics(&scratch).await;
    let Settings::MySql(server) = &scratch.settings else { unreachable!() };
    let recorder = Recorder::to((server.host.clone(), server.port)).await;
    let through = Database { host: recorder.address.ip().to_string(), port: recorder.address.port(), ..database(&scratch) };
    let mut app = over(sale, change, through).await;
    app.look_through(scratch.settings.clone());
    // A start reads whole tables.
    drop(recorder.take());
    test(&app).await;
    let statements = recorder.take();
    // Before its schema is dropped.
    drop(app);
    explain(&scratch, &statements).await;
}

/// Settings of a shop over this schema.
pub fn database(scratch: &Scratch) -> Database {
    let Settings::MySql(server) = &scratch.settings else { unreachable!() };
    Database {
        host: server.host.clone(),
        port: server.port,
        username: server.user.clone(),
        password: Some(server.password.clone()).filter(|password| !password.is_empty()).map(Secret::new),
        name: server.database.clone().unwrap(),
        tls: false,
        tls_ca_file: None,
    }
}

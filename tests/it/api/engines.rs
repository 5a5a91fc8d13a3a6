//! The same test over both engines: an embedded shop, and one with its rows in MySQL or MariaDB.

use mallcore::platform::config::{Config, Database, Secret};
use mallcore::platform::database::Settings;

use super::app::{Sale, TestApp};
use crate::database::scratch::{self, Scratch};

/// Runs a test on each engine, with these changes of the settings. The test asks as often as it likes.
pub async fn on_both(change: impl Fn(&mut Config), test: impl AsyncFn(&TestApp)) {
    let sale = || Sale { quota: 10, limit: 1 };
    let unlimited = |config: &mut Config| {
        config.rate_limits.enabled = false;
        change(config);
    };
    let app = TestApp::with(sale(), unlimited).await;
    test(&app).await;
    drop(app);
    let scratch = scratch::mysql().await;
    let app = TestApp::with(sale(), |config| {
        unlimited(config);
        config.database = Some(database(&scratch));
    })
    .await;
    test(&app).await;
    // Before its schema is dropped.
    drop(app);
    drop(scratch);
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

//! Who may bring the schema up to date, and when there is nothing to do.

use mallcore::platform::database::{Connections, Database, Engine, Error, MySqlServer, Settings};

use super::scratch;

async fn statement(database: &Database, text: &str) {
    let mut tx = database.begin().await.unwrap();
    tx.execute(text, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_schema_of_a_later_release_is_left_alone() {
    for scratch in scratch::both().await {
        let later =
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, '', 1)";
        // STRICT tables are ours; sqlx's own takes the text for bytes.
        statement(&scratch.database, later).await;
        scratch.database.migrate().await.unwrap();
    }
}

#[tokio::test]
async fn a_step_that_is_missing_is_taken_whatever_came_after_it() {
    for scratch in scratch::both().await {
        statement(&scratch.patient().await, "DROP TABLE banner_products").await;
        // 0048 made the table, 0057 its index.
        statement(&scratch.database, "DELETE FROM _sqlx_migrations WHERE version IN (48, 57)").await;
        assert_eq!(scratch.database.pending_migrations().await.unwrap(), [48, 57]);
        scratch.patient().await.migrate().await.unwrap();
        assert_eq!(scratch.database.pending_migrations().await.unwrap(), [0; 0]);
        statement(&scratch.database, "DELETE FROM banner_products").await;
    }
}

#[tokio::test]
async fn a_step_with_another_text_is_a_fault() {
    for scratch in scratch::both().await {
        statement(&scratch.database, "UPDATE _sqlx_migrations SET checksum = 'another' WHERE version = 3").await;
        let refused = scratch.database.migrate().await;
        assert!(matches!(refused, Err(Error::Migrate(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn an_account_that_may_not_change_tables_opens_a_schema_that_is_up_to_date() {
    let scratch = scratch::mysql().await;
    let Settings::MySql(server) = &scratch.settings else { unreachable!("it is MySQL's") };
    let schema = server.database.as_deref().unwrap();
    // At most 32 characters.
    let user = schema.replace("mallcore_test", "rows_only");
    statement(&scratch.database, &format!("CREATE USER {user}@'%' IDENTIFIED BY 'rows only'")).await;
    statement(&scratch.database, &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.* TO {user}@'%'")).await;
    let settings = Settings::MySql(MySqlServer { user: user.clone(), password: "rows only".into(), ..server.clone() });
    let database = settings.connect(Connections::ONE).await.unwrap();
    let opened = database.migrate().await;
    statement(&database, "DELETE FROM _sqlx_migrations WHERE version = 57").await;
    let behind = database.migrate().await;
    database.close().await;
    statement(&scratch.database, &format!("DROP USER {user}@'%'")).await;
    assert!(opened.is_ok(), "{opened:?}");
    assert!(matches!(behind, Err(Error::Migrate(_))), "{behind:?}");
}

/// MySQL commits before each change of a table: one that waited in vain for a lock, or whose process died, leaves a step that is half done.
#[tokio::test]
async fn a_step_that_was_cut_off_is_run_again() {
    for scratch in scratch::both().await {
        let last = scratch.database.migrations().await.unwrap().applied as i64;
        // A step that may be repeated, and one that adds a column and may not.
        for step in [58, 80] {
            let cut_off = match scratch.database.engine() {
                Engine::MySql => format!("UPDATE _sqlx_migrations SET success = 0 WHERE version = {step}"),
                // It undoes a step and the note about it together.
                Engine::Sqlite if step == 58 => format!("DELETE FROM _sqlx_migrations WHERE version = {step}"),
                Engine::Sqlite => continue,
            };
            statement(&scratch.database, &cut_off).await;
            scratch.patient().await.migrate().await.unwrap();
            let steps = scratch.database.migrations().await.unwrap();
            assert_eq!((steps.applied as i64, steps.pending, steps.altered), (last, Vec::new(), Vec::new()));
        }
    }
}

//! Accounts of the real process: its sandbox of WeChat, and what outlives `kill -9`.

use reqwest::Method;
use serde_json::{Value, json};

use super::process::{Process, Setup};

/// Where the process says that its sandbox listens.
fn sandbox(setup: &Setup) -> String {
    let said = std::fs::read_to_string(setup.folder.join("out.log")).unwrap();
    let line = said.lines().find(|line| line.contains("WeChat")).unwrap().to_owned();
    line.split_whitespace().last().unwrap().trim_end_matches('/').to_owned()
}

async fn log_in(process: &Process, setup: &Setup, user: &str) -> Value {
    let client = crate::client();
    let code: Value = client.post(format!("{}/sandbox/login-code?user={user}", sandbox(setup))).send().await.unwrap().json().await.unwrap();
    let login = client.post(format!("{}/auth/login", process.base)).json(&json!({ "code": code["code"] })).send().await.unwrap();
    assert_eq!(login.status(), 200);
    login.json().await.unwrap()
}

#[tokio::test]
async fn an_account_and_a_revoked_token_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let process = setup.start().await;
    // A row of the demo has this id.
    let shopper = 11;
    let first = log_in(&process, &setup, "alice").await;
    assert_eq!(process.get("/orders", shopper).await.0, 200);
    assert_eq!(process.send(Method::POST, "/auth/logout", shopper, None, &json!({})).await.0, 204);
    assert_eq!(process.get("/orders", shopper).await.1["code"], "token_revoked");
    process.kill();

    let process = setup.start().await;
    process
        .until("the start has read the revoked tokens", async || process.get("/orders", shopper).await.1["code"] == "token_revoked")
        .await;
    let again = log_in(&process, &setup, "alice").await;
    assert_eq!((&again["user"]["user_id"], &again["is_new"]), (&first["user"]["user_id"], &false.into()));
    // Sessions of the embedded mode end with the process; logging in takes no word of the shopper.
    let refresh = json!({ "refresh_token": first["refresh_token"] });
    assert_eq!(process.send(Method::POST, "/auth/refresh", shopper, None, &refresh).await.1["code"], "session_revoked");
}

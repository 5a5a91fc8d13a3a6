//! The shopper's path of the READMEs, line by line as somebody pastes it, against a shop with the demo's goods.

use std::process::Command;

use super::app::until;
use super::payments::till::Till;
use super::sandbox;

const READMES: [(&str, &str); 2] =
    [("README.md", include_str!("../../../README.md")), ("README.zh.md", include_str!("../../../README.zh.md"))];

/// The lines between the marks that stand in code.
fn path(text: &str) -> String {
    let (_, path) = text.split_once("<!-- a shopper's path -->").unwrap();
    let (path, _) = path.split_once("<!-- end of the path -->").unwrap();
    let blocks = path.split("```").skip(1).step_by(2);
    blocks.map(|block| block.strip_prefix("sh\n").expect("blocks of the path are shell")).collect()
}

fn commands(path: &str) -> Vec<&str> {
    path.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn both_readmes_say_the_same_commands() {
    let [(_, english), (_, chinese)] = READMES;
    assert_eq!(commands(&path(english)), commands(&path(chinese)));
}

#[actix_web::test]
async fn a_shoppers_path_works_as_it_stands() {
    for (name, text) in READMES {
        let till = Till::start(|_| {}).await;
        let app = &till.app;
        until("search is ready", async || app.anonymous().get("/v1/products/search?q=lanya").await.status == 200).await;
        let lines = [
            ("http://127.0.0.1:3000", app.base.as_str()),
            ("http://127.0.0.1:3100/pay", &format!("{}/pay", till.base)),
            ("http://127.0.0.1:3100", &sandbox::running().base),
            ("target/release/mallcore", env!("CARGO_BIN_EXE_mallcore")),
        ];
        let lines = lines.into_iter().fold(path(text), |path, (written, here)| path.replace(written, here));
        // Whoever pastes sees what is refused; here it ends the script.
        let script = format!("set -euo pipefail\ncurl() {{ command curl --silent --show-error --fail-with-body \"$@\"; }}\n{lines}");
        let data_dir = app.data_dir().to_owned();
        let run = move || Command::new("bash").args(["-c", &script]).env("DATA_DIR", data_dir).output();
        // The relay lives on this thread, so nobody may block it.
        let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
        let (said, failed) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{name}: {failed}\n{said}");
        for shown in [
            "蓝牙音箱",
            "\"sku_id\":56",
            "\"quantity\":2",
            "\"needs_address\":false",
            "\"pending_payment\"",
            "\"close_reason\":\"cancelled\"",
            "\"tracking_no\":\"SF1234567890\"",
            "\"status\":\"completed\"",
            "\"stars\":5",
            "\"status\":\"done\"",
        ] {
            assert!(said.contains(shown), "{name} does not show {shown}:\n{said}");
        }
    }
}

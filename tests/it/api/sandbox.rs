//! One WeChat sandbox for all tests of this process: codes are told apart by themselves.

use std::sync::{Arc, LazyLock, mpsc};

use mallcore::platform::config::{self, Secret};
use mallcore::platform::wechat::sandbox::{APPID, SECRET, Sandbox, start};

/// A running sandbox.
pub struct Running {
    pub sandbox: Arc<Sandbox>,
    pub base: String,
}

static RUNNING: LazyLock<Running> = LazyLock::new(|| {
    let sandbox = Arc::new(Sandbox::new(APPID, SECRET));
    let (sender, receiver) = mpsc::channel();
    let shared = Arc::clone(&sandbox);
    // A thread of its own: it outlives the runtime of the test that comes first.
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let (address, server) = start(0, shared).unwrap();
            sender.send(address).unwrap();
            server.await.unwrap();
        });
    });
    Running { sandbox, base: format!("http://{}", receiver.recv().unwrap()) }
});

pub fn running() -> &'static Running {
    &RUNNING
}

/// Settings that ask the sandbox, unless the test has named another WeChat.
pub fn settings(configured: &config::Wechat) -> config::Wechat {
    config::Wechat {
        appid: Some(APPID.to_owned()),
        secret: Some(Secret::new(SECRET)),
        api_base: configured.api_base.clone().or_else(|| Some(running().base.clone())),
        ..configured.clone()
    }
}

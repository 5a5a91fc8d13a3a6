//! The shop's side of notifications: takes what the client believes, and remembers everything.

use std::sync::{Arc, OnceLock, mpsc};

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use mallcore::platform::wechat::pay::{BadNotification, Notification, NotifyHeaders, WechatPay, wall_clock};
use parking_lot::Mutex;

use crate::api::app::until;

/// One notification as it came.
#[derive(Debug, Clone)]
pub struct Heard {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub outcome: Result<Notification, BadNotification>,
}

#[derive(Default)]
struct Memory {
    client: OnceLock<Arc<WechatPay>>,
    heard: Mutex<Vec<Heard>>,
}

pub struct Shop {
    pub base: String,
    memory: Arc<Memory>,
}

async fn hear(request: HttpRequest, body: Bytes, memory: Data<Memory>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let client = memory.client.get().unwrap();
    let outcome = client.notification(&NotifyHeaders::of(header), &body, wall_clock()).await;
    let answer = if outcome.is_ok() { HttpResponse::NoContent() } else { HttpResponse::Unauthorized() }.finish();
    let named = |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let headers = request.headers().iter().map(named).collect();
    memory.heard.lock().push(Heard { path: request.path().to_owned(), headers, body: body.to_vec(), outcome });
    answer
}

impl Shop {
    pub fn start() -> Self {
        let memory = Arc::new(Memory::default());
        let (sender, receiver) = mpsc::channel();
        let data = Data::from(Arc::clone(&memory));
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = move || App::new().app_data(data.clone()).default_service(web::post().to(hear));
                let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
                sender.send(server.addrs()[0]).unwrap();
                server.run().await.unwrap();
            });
        });
        Self { base: format!("http://{}", receiver.recv().unwrap()), memory }
    }

    pub fn believes(&self, client: Arc<WechatPay>) {
        assert!(self.memory.client.set(client).is_ok());
    }

    /// Waits for so many notifications, and returns all of them.
    pub async fn heard(&self, count: usize) -> Vec<Heard> {
        until("the shop has heard everything", async || self.memory.heard.lock().len() >= count).await;
        self.memory.heard.lock().clone()
    }
}

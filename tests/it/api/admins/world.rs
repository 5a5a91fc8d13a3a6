//! Administrators of a shop, and what one has to know to be signed in as one.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::features::admins::edits;
use mallcore::features::admins::passwords::Passwords;
use mallcore::features::admins::username::Username;
use mallcore_actors::time::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::super::app::{Reply, TestApp};

pub const PASSWORD: &str = "correct horse battery";
pub const LOGIN: &str = "/v1/admin/auth/login";
pub const PROFILE: &str = "/v1/admin/auth/profile";

pub fn now() -> Timestamp {
    Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

pub fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

/// Adds an administrator with this role and [`PASSWORD`].
pub async fn create(app: &TestApp, username: &str, role: &str) -> u64 {
    let (database, hash) = (app.database().await, Passwords::new(4).hash(PASSWORD.to_owned()).await.unwrap());
    let (id, _) = edits::create(&database, &name(username), &hash, role, now()).await.unwrap();
    database.close().await;
    id
}

/// Id and letters of a captcha that the shop has drawn.
pub async fn captcha(app: &TestApp) -> (String, String) {
    let drawn = app.admins().draw_captcha(IpAddr::V4(Ipv4Addr::LOCALHOST)).await.unwrap();
    (drawn.id.as_str().to_owned(), drawn.letters)
}

/// Tries to log in, with a captcha that is right.
pub async fn try_to_log_in(app: &TestApp, username: &str, password: &str) -> Reply {
    let (captcha_id, captcha) = captcha(app).await;
    let body = json!({ "username": username, "password": password, "captcha_id": captcha_id, "captcha": captcha });
    app.anonymous().send(Method::POST, LOGIN, None, body).await
}

/// Somebody who is signed in.
pub struct Desk<'a> {
    app: &'a TestApp,
    /// What the browser sends back.
    pub cookie: String,
    /// What pages send along.
    pub csrf: String,
    /// What the log-in was answered with.
    pub profile: Value,
}

impl<'a> Desk<'a> {
    /// Logs in with [`PASSWORD`].
    pub async fn of(app: &'a TestApp, username: &str) -> Self {
        Self::from(app, try_to_log_in(app, username, PASSWORD).await)
    }

    /// By an answer that begins a session.
    #[track_caller]
    pub fn from(app: &'a TestApp, reply: Reply) -> Self {
        assert_eq!(reply.status, 200, "{reply:?}");
        let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
        let csrf = reply.body["csrf_token"].as_str().unwrap().to_owned();
        Self { app, cookie, csrf, profile: reply.body }
    }

    /// A request with the cookie alone.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.app.anonymous().request(method, path).header("Cookie", &self.cookie)
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    /// As a page of the back office sends it.
    pub async fn send(&self, method: Method, path: &str, body: Value) -> Reply {
        Reply::of(self.request(method, path).header("X-CSRF-Token", &self.csrf).json(&body)).await
    }
}

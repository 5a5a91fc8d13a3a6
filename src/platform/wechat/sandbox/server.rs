//! The sandbox's routes: WeChat's own, and those below `/sandbox` by which one gets what a phone would have, asks for faults, and looks.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::codes::{Refused, Sandbox};
use super::{messages, pay, shipping};

/// Starts listening on 127.0.0.1; the address is the real one where the port was 0. The server runs when it is awaited or spawned. Signals are
/// the caller's affair.
///
/// # Errors
/// Those of listening.
pub fn start(port: u16, sandbox: Arc<Sandbox>) -> io::Result<(SocketAddr, Server)> {
    let data = web::Data::from(sandbox);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .route("/sns/jscode2session", web::get().to(jscode2session))
            .route("/cgi-bin/stable_token", web::post().to(stable_token))
            .route("/wxa/business/getuserphonenumber", web::post().to(getuserphonenumber))
            .route("/wxa/sec/order/upload_shipping_info", web::post().to(shipping::upload))
            .route("/wxa/sec/order/get_order", web::post().to(shipping::get_order))
            .route("/cgi-bin/message/subscribe/send", web::post().to(messages::send))
            .route("/sandbox/shipping", web::get().to(shipping::list))
            .route("/sandbox/shipping/fault", web::post().to(shipping::fault))
            .route("/sandbox/messages", web::get().to(messages::list))
            .route("/sandbox/messages/fault", web::post().to(messages::fault))
            .route("/sandbox/login-code", web::post().to(login_code))
            .route("/sandbox/phone-code", web::post().to(phone_code))
            .configure(|routes| data.pay().into_iter().for_each(|sandbox| pay::configure(routes, sandbox)))
    });
    let server = server.workers(1).disable_signals().bind((Ipv4Addr::LOCALHOST, port))?;
    let address = server.addrs().first().copied().ok_or_else(|| io::Error::other("no address was bound"))?;
    Ok((address, server.run()))
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    js_code: String,
}

async fn jscode2session(sandbox: web::Data<Sandbox>, query: web::Query<Login>) -> HttpResponse {
    match sandbox.openid(&query.appid, &query.secret, &query.js_code) {
        // Made up, as nothing may use it.
        Ok(openid) => HttpResponse::Ok().json(json!({ "openid": openid, "session_key": "c2FuZGJveC1zZXNzaW9uLWtleQ==" })),
        Err(refused) => refuse(refused),
    }
}

#[derive(Deserialize)]
struct TokenWish {
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

async fn stable_token(sandbox: web::Data<Sandbox>, wish: web::Json<TokenWish>) -> HttpResponse {
    match sandbox.stable_token(&wish.appid, &wish.secret, wish.force_refresh) {
        Ok((token, lives)) => HttpResponse::Ok().json(json!({ "access_token": token, "expires_in": lives.as_secs() })),
        Err(refused) => refuse(refused),
    }
}

#[derive(Deserialize)]
pub(super) struct Credential {
    #[serde(default)]
    pub access_token: String,
}

#[derive(Deserialize)]
struct PhoneWish {
    #[serde(default)]
    code: String,
}

async fn getuserphonenumber(sandbox: web::Data<Sandbox>, query: web::Query<Credential>, wish: web::Json<PhoneWish>) -> HttpResponse {
    match sandbox.phone(&query.access_token, &wish.code) {
        Ok((number, appid)) => HttpResponse::Ok().json(json!({
            "errcode": 0,
            "errmsg": "ok",
            "phone_info": {
                "phoneNumber": number,
                "purePhoneNumber": number,
                "countryCode": "86",
                "watermark": { "timestamp": 0, "appid": appid },
            },
        })),
        Err(refused) => refuse(refused),
    }
}

/// WeChat refuses with status 200.
pub(super) fn refuse(refused: Refused) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "errcode": refused as i64, "errmsg": refused.words() }))
}

/// What a phone would have got from WeChat.
#[derive(Debug, Serialize, Deserialize)]
pub struct SandboxCode {
    /// Good once, for five minutes.
    pub code: String,
}

#[derive(Deserialize)]
struct User {
    user: Option<String>,
}

async fn login_code(sandbox: web::Data<Sandbox>, query: web::Query<User>) -> HttpResponse {
    HttpResponse::Ok().json(SandboxCode { code: sandbox.login_code(query.user.as_deref()) })
}

#[derive(Deserialize)]
struct Phone {
    phone: Option<String>,
}

async fn phone_code(sandbox: web::Data<Sandbox>, query: web::Query<Phone>) -> HttpResponse {
    HttpResponse::Ok().json(SandboxCode { code: sandbox.phone_code(query.phone.as_deref()) })
}

//! Subscribe messages in the sandbox: checked as WeChat documents it, kept to be looked at, sent to nobody.
//! Everybody has subscribed to everything, unless a fault says otherwise.

use std::collections::{BTreeMap, VecDeque};

use actix_web::{HttpResponse, web};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::codes::Sandbox;
use super::faults::{Fault, Faults};
use super::server::{Credential, refuse};

/// Messages that are kept, the newest.
const KEPT_MAX: usize = 1_000;

/// Kinds of keys, with the characters that their texts may have.
const KINDS: [(&str, usize); 9] = [
    ("thing", 20),
    ("character_string", 32),
    ("number", 32),
    ("letter", 32),
    ("phrase", 5),
    ("amount", 13),
    ("time", 64),
    ("date", 64),
    ("name", 20),
];

/// A message as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxMessage {
    /// Who would get it.
    #[serde(default)]
    pub touser: String,
    /// By which template.
    #[serde(default)]
    pub template_id: String,
    /// Where a tap leads.
    #[serde(default)]
    pub page: Option<String>,
    /// The template's keys with their texts.
    #[serde(default)]
    pub data: BTreeMap<String, SandboxText>,
}

/// A text of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxText {
    /// What stands behind the key.
    pub value: String,
}

/// What the sandbox was asked to send.
#[derive(Debug, Default)]
pub struct Messages {
    kept: Mutex<VecDeque<SandboxMessage>>,
    /// What the next requests get instead.
    pub faults: Faults,
}

impl Messages {
    /// Those that were taken, the oldest first.
    pub fn taken(&self) -> Vec<SandboxMessage> {
        self.kept.lock().iter().cloned().collect()
    }

    fn keep(&self, message: SandboxMessage) {
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(message);
    }
}

/// What is wrong with a message, by WeChat's number.
fn wrong(message: &SandboxMessage) -> Option<(i64, String)> {
    if !message.touser.starts_with('o') {
        return Some((40_003, "invalid openid".to_owned()));
    }
    if message.template_id.is_empty() {
        return Some((40_037, "invalid template_id".to_owned()));
    }
    if message.data.is_empty() {
        return Some((47_003, "argument invalid! data is empty".to_owned()));
    }
    let bad = message.data.iter().find(|(key, text)| {
        let kind = key.trim_end_matches(|last: char| last.is_ascii_digit());
        let most = KINDS.iter().find(|(known, _)| *known == kind).map(|(_, most)| *most);
        let length = text.value.chars().count();
        kind.len() == key.len() || most.is_none_or(|most| length == 0 || length > most)
    });
    bad.map(|(key, _)| (47_003, format!("argument invalid! data.{key}.value invalid")))
}

fn errcode(code: i64, words: &str) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "errcode": code, "errmsg": words }))
}

pub(super) async fn send(sandbox: web::Data<Sandbox>, query: web::Query<Credential>, message: web::Json<SandboxMessage>) -> HttpResponse {
    if let Err(refused) = sandbox.check_token(&query.access_token) {
        return refuse(refused);
    }
    let fault = sandbox.messages.faults.next();
    if let Some(Fault::Code(code)) = fault {
        return errcode(code, "a fault that was asked for");
    }
    if let Some((code, words)) = wrong(&message) {
        return errcode(code, &words);
    }
    sandbox.messages.keep(message.into_inner());
    if fault.is_some() { HttpResponse::BadGateway().finish() } else { errcode(0, "ok") }
}

pub(super) async fn list(sandbox: web::Data<Sandbox>) -> HttpResponse {
    HttpResponse::Ok().json(sandbox.messages.taken())
}

/// A fault for the next requests: without a code their answers are lost.
#[derive(Deserialize)]
pub(super) struct FaultWish {
    errcode: Option<i64>,
    #[serde(default = "once")]
    times: usize,
}

const fn once() -> usize {
    1
}

impl FaultWish {
    pub(super) fn plan(&self, faults: &Faults) -> HttpResponse {
        faults.plan(self.errcode.map_or(Fault::Silent, Fault::Code), self.times);
        HttpResponse::NoContent().finish()
    }
}

pub(super) async fn fault(sandbox: web::Data<Sandbox>, wish: web::Query<FaultWish>) -> HttpResponse {
    wish.plan(&sandbox.messages.faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wechat_refuses_is_refused_with_its_numbers() {
        let message = |to: &str, template: &str, data: &[(&str, &str)]| SandboxMessage {
            touser: to.to_owned(),
            template_id: template.to_owned(),
            page: None,
            data: data.iter().map(|(key, text)| ((*key).to_owned(), SandboxText { value: (*text).to_owned() })).collect(),
        };
        let code = |message: SandboxMessage| wrong(&message).map(|(code, _)| code);
        assert_eq!(code(message("oX", "t", &[("thing1", "保温杯"), ("amount2", "129.00元")])), None);
        assert_eq!(code(message("x", "t", &[("thing1", "a")])), Some(40_003));
        assert_eq!(code(message("oX", "", &[("thing1", "a")])), Some(40_037));
        assert_eq!(code(message("oX", "t", &[])), Some(47_003));
        assert_eq!(code(message("oX", "t", &[("thing1", "一二三四五六七八九十一二三四五六七八九十一")])), Some(47_003));
        assert_eq!(code(message("oX", "t", &[("thing", "a")])), Some(47_003));
    }
}

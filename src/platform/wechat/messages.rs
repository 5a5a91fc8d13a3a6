//! Messages to shoppers who have subscribed to them (订阅消息): one call, `/cgi-bin/message/subscribe/send`
//! (<https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html>).
//! A shopper who allows a template once can be sent it once; WeChat counts, and refuses the rest.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::WechatClient;
use super::error::WechatError;

/// `errcode` of a shopper who has not subscribed to the template, or not any more.
pub const NOT_SUBSCRIBED: i64 = 43_101;

/// Where a tap on the message leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MiniProgramState {
    /// The version that everybody has.
    Formal,
    /// The version for those who try it out.
    Trial,
    /// The version of the developers.
    Developer,
}

impl MiniProgramState {
    /// WeChat's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Formal => "formal",
            Self::Trial => "trial",
            Self::Developer => "developer",
        }
    }
}

/// A message to one shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeMessage {
    /// The shopper's `openid` in this mini-program.
    pub openid: String,
    /// The template, as the mini-program has it.
    pub template_id: String,
    /// The page that a tap opens; none: a tap does nothing.
    pub page: Option<String>,
    /// Which version of the mini-program a tap opens.
    pub state: MiniProgramState,
    /// The template's keys with their texts.
    pub fields: Vec<(String, String)>,
}

impl SubscribeMessage {
    /// The request's body.
    pub fn body(&self) -> Value {
        let data: Map<String, Value> = self.fields.iter().map(|(key, text)| (key.clone(), json!({ "value": text }))).collect();
        let mut body = json!({
            "touser": self.openid,
            "template_id": self.template_id,
            "miniprogram_state": self.state.name(),
            "lang": "zh_CN",
            "data": data,
        });
        if let (Some(page), Some(body)) = (&self.page, body.as_object_mut()) {
            body.insert("page".to_owned(), page.clone().into());
        }
        body
    }
}

#[derive(Deserialize)]
struct Nothing {}

impl WechatClient {
    /// Sends a message. Sent again it is a second message, if the shopper has subscribed twice.
    ///
    /// # Errors
    /// [`WechatError`]; [`NOT_SUBSCRIBED`] is the code of a shopper who does not want it.
    pub async fn send_message(&self, message: &SubscribeMessage) -> Result<(), WechatError> {
        let Nothing {} = self.post("/cgi-bin/message/subscribe/send", &message.body()).await?;
        Ok(())
    }
}

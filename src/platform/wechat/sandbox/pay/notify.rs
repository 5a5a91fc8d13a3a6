//! Sends notifications: signed and encrypted as WeChat Pay's, with the faults that are turned on, and again until the shop takes them.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mallcore_actors::time::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::books::{Order, Refund};
use super::checkout;
use super::faults::{Corruption, Fate};
use super::service::PaySandbox;
use crate::platform::outgoing::{Failure, Outgoing};
use crate::platform::wechat::pay::{ApiKey, RefundState, SCHEME, answer_message, header, nonce, render_time, wall_clock};

/// Pauses before it is sent again. WeChat Pay goes on for a day.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
];
/// WeChat Pay waits as long.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const CONCURRENT_MAX: usize = 64;
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// A notification that waits for the next one to overtake it goes when there is none for so long.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(1);

/// A notification to be sent.
#[derive(Debug, Clone)]
pub struct Job {
    notify_url: String,
    event_type: &'static str,
    original_type: &'static str,
    summary: &'static str,
    content: Value,
}

impl Job {
    /// Of an order that was paid.
    pub fn of_payment(order: &Order, appid: &str) -> Option<Self> {
        order.paid.as_ref()?;
        Some(Self {
            notify_url: order.made.notify_url.clone(),
            event_type: "TRANSACTION.SUCCESS",
            original_type: "transaction",
            summary: "支付成功",
            content: checkout::trade(order, appid),
        })
    }

    /// Of a refund that has ended and wants to be notified.
    pub fn of_refund(refund: &Refund) -> Option<Self> {
        let (event_type, summary) = match refund.state {
            RefundState::Success => ("REFUND.SUCCESS", "退款成功"),
            RefundState::Closed => ("REFUND.CLOSED", "退款关闭"),
            RefundState::Abnormal => ("REFUND.ABNORMAL", "退款异常"),
            RefundState::Processing => return None,
        };
        let notify_url = refund.asked.notify_url.clone()?;
        Some(Self { notify_url, event_type, original_type: "refund", summary, content: checkout::refund_notice(refund) })
    }
}

/// A notification as it is sent.
pub(super) struct Sealed {
    pub headers: [(&'static str, String); 5],
    pub body: Vec<u8>,
}

/// Encrypts and signs, and corrupts what shall be corrupt.
pub(super) fn seal(sandbox: &PaySandbox, job: &Job, corruption: Option<Corruption>) -> Option<Sealed> {
    let mut resource = encrypt(&sandbox.api_key, job)?;
    if corruption == Some(Corruption::Ciphertext) {
        resource["ciphertext"] = damaged(resource["ciphertext"].as_str()?)?.into();
    }
    resource["original_type"] = job.original_type.into();
    let now = wall_clock();
    let mut body = json!({
        "id": Uuid::new_v4(),
        "create_time": render_time(now),
        "resource_type": "encrypt-resource",
        "event_type": job.event_type,
        "summary": job.summary,
        "resource": resource,
    })
    .to_string()
    .into_bytes();
    let at = if corruption == Some(Corruption::Clock) { Timestamp::from_millis(now.millis().saturating_sub(600_000)) } else { now };
    let key = sandbox.signer(None).ok()?;
    let (timestamp, nonce) = ((at.millis() / 1_000).to_string(), nonce());
    let mut signature = key.key.sign(&answer_message(&timestamp, &nonce, &body)).ok()?;
    let mut serial = key.serial.clone();
    match corruption {
        Some(Corruption::Body) => {
            // A letter of the event's name: it stays JSON.
            let at = body.iter().position(|byte| *byte == b'.').unwrap_or(0);
            body[at] ^= 1;
        }
        Some(Corruption::Serial) => serial = "7777777777777777777777777777777777777777".to_owned(),
        Some(Corruption::Probe) => signature = format!("WECHATPAY/SIGNTEST/{signature}"),
        Some(Corruption::Ciphertext | Corruption::Clock) | None => {}
    }
    let headers = [
        (header::TIMESTAMP, timestamp),
        (header::NONCE, nonce),
        (header::SIGNATURE, signature),
        (header::SERIAL, serial),
        (header::SIGNATURE_TYPE, SCHEME.to_owned()),
    ];
    Some(Sealed { headers, body })
}

fn encrypt(api_key: &ApiKey, job: &Job) -> Option<Value> {
    let nonce: String = nonce().chars().take(12).collect();
    serde_json::to_value(api_key.seal(&nonce, job.original_type, job.content.to_string().as_bytes()).ok()?).ok()
}

fn damaged(ciphertext: &str) -> Option<String> {
    let mut bytes = STANDARD.decode(ciphertext).ok()?;
    *bytes.first_mut()? ^= 1;
    Some(STANDARD.encode(bytes))
}

/// Sends what comes, for as long as the sandbox runs.
pub async fn run(sandbox: Arc<PaySandbox>, mut jobs: mpsc::Receiver<Job>) {
    let outgoing = match Outgoing::new(ANSWER_WITHIN, CONCURRENT_MAX, ANSWER_BYTES_MAX) {
        Ok(outgoing) => Arc::new(outgoing),
        Err(error) => return tracing::error!("the WeChat sandbox sends no notifications: {error}"),
    };
    let mut overtaken: Option<(Job, Fate)> = None;
    loop {
        let next = if overtaken.is_some() {
            tokio::time::timeout(OVERTAKEN_WITHIN, jobs.recv()).await.unwrap_or_default()
        } else {
            jobs.recv().await
        };
        if next.is_none() && overtaken.is_none() {
            return;
        }
        if let Some(job) = next {
            let fate = sandbox.chance.lock().fate();
            if fate.reordered && overtaken.is_none() {
                overtaken = Some((job, fate));
                continue;
            }
            begin(&sandbox, &outgoing, job, fate);
        }
        if let Some((job, fate)) = overtaken.take() {
            begin(&sandbox, &outgoing, job, fate);
        }
    }
}

fn begin(sandbox: &Arc<PaySandbox>, outgoing: &Arc<Outgoing>, job: Job, fate: Fate) {
    if fate.dropped {
        return tracing::info!("the WeChat sandbox drops a notification {}", job.event_type);
    }
    for _ in 0..=usize::from(fate.repeated) {
        let (sandbox, outgoing, job) = (Arc::clone(sandbox), Arc::clone(outgoing), job.clone());
        actix_web::rt::spawn(async move {
            tokio::time::sleep(Duration::from_millis(fate.delay_millis)).await;
            deliver(&sandbox, &outgoing, &job, fate.corruption).await;
        });
    }
}

async fn deliver(sandbox: &PaySandbox, outgoing: &Outgoing, job: &Job, mut corruption: Option<Corruption>) {
    let url = sandbox.resolved(&job.notify_url);
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        let Some(sealed) = seal(sandbox, job, corruption.take()) else {
            return tracing::error!("the WeChat sandbox cannot sign a notification");
        };
        let mut request = outgoing.client().post(&url).header("Content-Type", "application/json").body(sealed.body);
        for (name, value) in sealed.headers {
            request = request.header(name, value);
        }
        match outgoing.ask(request).await {
            Ok(_) => return,
            Err(failure @ (Failure::Status(_) | Failure::Timeout | Failure::Busy | Failure::Unreachable(_))) if pause.is_some() => {
                tracing::info!("the WeChat sandbox notifies {url} again, later: {failure}");
            }
            Err(failure) => return tracing::warn!("the WeChat sandbox gives a notification to {url} up: {failure}"),
        }
        tokio::time::sleep(pause.unwrap_or_default()).await;
    }
}

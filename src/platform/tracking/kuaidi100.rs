//! 快递100, its real-time question (实时快递查询, `POST /poll/query.do`, <https://api.kuaidi100.com/document/5f0ffb5ebc8da837cbd8aefc>).
//! - K1 The signature is MD5 over the exact text of `param`, the key, and the customer's number, in capitals.
//! - K2 Of a phone only the last four digits leave the shop, and only for carriers that want one: they are what carriers compare.
//!
//! Times are those of Asia/Shanghai, as the carriers write them.

use std::time::Duration;

use chrono::NaiveDateTime;
use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;
use md5::{Digest, Md5};
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded;

use super::{STEP_CHARACTERS_MAX, STEPS_MAX, State, Step, Tracked, Tracker, TrackingError, Wanted};
use crate::platform::config::Kuaidi100;
use crate::platform::outgoing::{self, Failure, Outgoing};

/// A shopper waits for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Questions on their way at the same time, at most.
const CONCURRENT_MAX: usize = 8;
/// A parcel that goes round the world has some tens of kilobytes.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// Asia/Shanghai, in milliseconds.
const OFFSET_MILLIS: i64 = 8 * 3_600_000;

/// Asks through one account of 快递100.
pub struct Kuaidi100Tracker {
    account: Kuaidi100,
    outgoing: Outgoing,
}

/// Success has `status`, a refusal has `returnCode`; both are texts.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    status: String,
    #[serde(default, rename = "returnCode")]
    return_code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    data: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    context: String,
    #[serde(default)]
    time: String,
}

impl Kuaidi100Tracker {
    /// With this account.
    ///
    /// # Errors
    /// The HTTP client's, if it cannot be made.
    pub fn new(account: Kuaidi100) -> Result<Self, reqwest::Error> {
        Ok(Self { account, outgoing: Outgoing::new(ANSWER_WITHIN, CONCURRENT_MAX, ANSWER_BYTES_MAX)? })
    }

    async fn ask(&self, parcel: &Wanted) -> Result<Tracked, TrackingError> {
        let mut param = json!({ "com": parcel.carrier, "num": parcel.number, "show": "0", "order": "desc" });
        if let (Some(tail), Some(param)) = (&parcel.phone_tail, param.as_object_mut()) {
            param.insert("phone".to_owned(), tail.clone().into());
        }
        let (param, customer) = (param.to_string(), &self.account.customer);
        let sign = sign(&param, self.account.key.expose(), customer);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("customer", customer.as_str()), ("sign", sign.as_str()), ("param", param.as_str())])
            .finish();
        let base = Url::parse(&self.account.api_base).and_then(|base| base.join("/poll/query.do"));
        let url = base.map_err(|cause| TrackingError::Refused(cause.to_string()))?;
        let request = self.outgoing.client().post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let unavailable = |failure: Failure| TrackingError::Unavailable(failure.to_string());
        let bytes = self.outgoing.ask(request).await.map_err(unavailable)?;
        judge(outgoing::json(&bytes).map_err(unavailable)?)
    }
}

/// The signature of a question.
pub fn sign(param: &str, key: &str, customer: &str) -> String {
    let digest = Md5::new().chain_update(param).chain_update(key).chain_update(customer).finalize();
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn judge(answer: Answer) -> Result<Tracked, TrackingError> {
    let told = || {
        let message: String = answer.message.chars().take(STEP_CHARACTERS_MAX).collect();
        format!("{}{}: {message}", answer.return_code, answer.status)
    };
    match (answer.status.as_str(), answer.return_code.as_str()) {
        ("200", "") => {}
        // The carrier knows nothing of the parcel, or nothing yet.
        (_, "500") => return Ok(Tracked { state: State::Unknown, steps: Vec::new() }),
        (_, "501" | "502") | ("", "") => return Err(TrackingError::Unavailable(told())),
        _ => return Err(TrackingError::Refused(told())),
    }
    let step = |line: Line| {
        let text: String = line.context.trim().chars().take(STEP_CHARACTERS_MAX).collect();
        moment(&line.time).filter(|_| !text.is_empty()).map(|at| Step { at, text })
    };
    let mut steps: Vec<Step> = answer.data.into_iter().filter_map(step).take(STEPS_MAX).collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.at));
    let state = match answer.state.as_str() {
        // Between two places, on its way by another carrier, or at customs.
        "0" | "7" | "8" | "10" | "11" | "12" | "13" => State::InTransit,
        "1" => State::Accepted,
        "2" => State::Problem,
        "3" => State::Delivered,
        "4" | "6" | "14" => State::Returned,
        "5" => State::OutForDelivery,
        _ => State::Unknown,
    };
    Ok(Tracked { state, steps })
}

/// A moment such as `2012-08-28 16:33:19` of Asia/Shanghai.
fn moment(text: &str) -> Option<Timestamp> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    u64::try_from(local.and_utc().timestamp_millis() - OFFSET_MILLIS).ok().map(Timestamp::from_millis)
}

impl Tracker for Kuaidi100Tracker {
    fn track<'a>(&'a self, parcel: &'a Wanted, _: Timestamp) -> BoxFuture<'a, Result<Tracked, TrackingError>> {
        Box::pin(self.ask(parcel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of `Kuaidi100SignUtilsTest` in the Java client `com.hzj.kuaidi100`: MD5 of `paramkeycustomer`, in capitals. The order of the
    /// three is that of 快递100's own Java client (`com.github.kuaidi100-api:sdk`, `SignUtils.querySign`).
    #[test]
    fn the_signature_is_a_published_one() {
        assert_eq!(sign("param", "key", "customer"), "785D5D0008316A620B0781B634E22C6B");
    }

    fn judged(text: &str) -> Result<Tracked, TrackingError> {
        judge(serde_json::from_str(text).unwrap())
    }

    /// The shape of the documentation's example of an answer.
    #[test]
    fn a_way_is_read_with_its_state_and_times() {
        let text = r#"{"message":"ok","nu":"367847964498","ischeck":"1","com":"yuantong","status":"200","condition":"D01","state":"3",
            "data":[{"context":"上海分拨中心/装件入车扫描 ","time":"2012-08-28 16:33:19","ftime":"2012-08-28 16:33:19"},
                    {"context":"上海分拨中心/下车扫描 ","time":"2012-08-27 23:22:42","ftime":"2012-08-27 23:22:42"},
                    {"context":"","time":"2012-08-27 23:22:42"},{"context":"x","time":"soon"}]}"#;
        let tracked = judged(text).unwrap();
        assert_eq!((tracked.state, tracked.steps.len()), (State::Delivered, 2), "lines that say nothing are left out");
        assert_eq!(tracked.steps[0].text, "上海分拨中心/装件入车扫描");
        // 08:33:19 UTC.
        assert_eq!(tracked.steps[0].at, Timestamp::from_millis(1_346_142_799_000));
    }

    #[test]
    fn refusals_are_told_apart() {
        let refused = |code: &str| judged(&format!(r#"{{"result":false,"returnCode":"{code}","message":"m"}}"#));
        assert_eq!(refused("500").unwrap(), Tracked { state: State::Unknown, steps: Vec::new() });
        assert!(matches!(refused("502"), Err(TrackingError::Unavailable(_))));
        for code in ["400", "408", "503", "601"] {
            assert!(matches!(refused(code), Err(TrackingError::Refused(_))), "{code}");
        }
        assert!(matches!(judged("{}"), Err(TrackingError::Unavailable(_))));
    }
}

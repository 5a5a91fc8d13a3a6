//! What is counted of WeChat Pay.

use mallcore_actors::metrics::CounterFamily;

use super::error::PayError;
use super::signed::Unverified;

static REQUESTS_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_wechat_pay_requests_total",
    "Requests to WeChat Pay, by call and outcome (ok, refused, transient, unverified, unexpected).",
);
static UNVERIFIED_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_wechat_pay_unverified_total",
    "Answers and notifications whose signature does not prove that WeChat Pay has sent them, by reason.",
);

/// Begins to count: an alert hears of the first forgery only if there was a zero before it.
pub fn begin() {
    Unverified::REASONS.into_iter().for_each(|reason| UNVERIFIED_TOTAL.with(&[("reason", reason)]).increment(0));
}

pub(super) fn asked<T>(call: &'static str, outcome: &Result<T, PayError>) {
    let word = match outcome {
        Ok(_) => "ok",
        Err(PayError::Refused(_)) => "refused",
        Err(PayError::Transient(_)) => "transient",
        Err(PayError::Unverified { .. }) => "unverified",
        Err(PayError::Unexpected(_) | PayError::Signing(_)) => "unexpected",
    };
    REQUESTS_TOTAL.with(&[("call", call), ("outcome", word)]).increment(1);
}

pub(super) fn unverified(reason: &'static str) {
    UNVERIFIED_TOTAL.with(&[("reason", reason)]).increment(1);
}

//! A refund: money of one trade back to its payer.

use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::trade::{BadTime, filled, time};

/// What is asked for. Repeating it with the same number asks for the same refund, which is paid once.
#[derive(Debug, Clone, Copy)]
pub struct RefundRequest<'a> {
    /// WeChat Pay's number of the trade.
    pub transaction_id: &'a str,
    /// The shop's number of the refund.
    pub out_refund_no: &'a str,
    /// Shown to the payer.
    pub reason: &'a str,
    /// What goes back.
    pub refund: Money,
    /// What the whole trade was.
    pub total: Money,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundState {
    /// The payer has it.
    Success,
    /// Given up; nothing was paid.
    Closed,
    /// On its way.
    Processing,
    /// The payer's account or card does not take it: a person has to act at the merchant platform.
    Abnormal,
}

/// What WeChat Pay says of one refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WechatRefund {
    /// WeChat Pay's number of the refund.
    pub refund_id: String,
    /// The shop's number of the refund.
    pub out_refund_no: String,
    /// WeChat Pay's number of the trade.
    pub transaction_id: String,
    /// The shop's number of the trade.
    pub out_trade_no: String,
    /// Where it stands.
    pub state: RefundState,
    /// What goes back.
    pub refund: Money,
    /// What the whole trade was.
    pub total: Money,
    /// What the payer gets of it in money.
    pub payer_refund: Option<Money>,
    /// When the payer got it.
    pub success_time: Option<Timestamp>,
}

/// As it lies in the JSON of answers (`status`) and of notifications (`refund_status`).
#[derive(Deserialize)]
pub(super) struct RefundAnswer {
    /// In notifications only.
    pub mchid: Option<String>,
    refund_id: String,
    out_refund_no: String,
    transaction_id: String,
    out_trade_no: String,
    #[serde(alias = "refund_status")]
    status: RefundState,
    success_time: Option<String>,
    amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    refund: Money,
    total: Money,
    payer_refund: Option<Money>,
}

impl TryFrom<RefundAnswer> for WechatRefund {
    type Error = BadTime;

    fn try_from(answer: RefundAnswer) -> Result<Self, BadTime> {
        Ok(Self {
            refund_id: answer.refund_id,
            out_refund_no: answer.out_refund_no,
            transaction_id: answer.transaction_id,
            out_trade_no: answer.out_trade_no,
            state: answer.status,
            refund: answer.amount.refund,
            total: answer.amount.total,
            payer_refund: answer.amount.payer_refund,
            success_time: time(filled(answer.success_time))?,
        })
    }
}

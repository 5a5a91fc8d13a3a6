//! What goes wrong on demand. Everything is off unless somebody turns it on, at `POST /sandbox/faults` or by the options of
//! `mallcore wechat-sandbox`; the same seed and the same requests in the same order give the same faults.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::platform::wechat::pay::RefundState;

/// Which key signs what no request has asked a key for: notifications, and answers to a client that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMode {
    /// The public key, as for new merchants, who have no platform certificates at all.
    #[default]
    PublicKey,
    /// The newest platform certificate.
    Certificate,
    /// One or the other by chance, as while a merchant changes.
    Both,
}

/// One answer that is wrong. What the request asks for is done, except with `status` and `reset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AnswerFault {
    /// An error instead, and nothing is done.
    Status {
        /// Status of the answer.
        status: u16,
        /// WeChat Pay's code, such as `SYSTEM_ERROR`.
        code: String,
    },
    /// Right, and late.
    Delay {
        /// So many milliseconds.
        millis: u64,
    },
    /// Done, and answered with status 502 and no signature, as by a proxy that lost the answer.
    Lost,
    /// Without a signature.
    Unsigned,
    /// With a signature of other bytes.
    WrongSignature,
    /// Signed by a key that nobody knows.
    UnknownSerial,
    /// Signed so many seconds before or after now.
    Clock {
        /// Positive: in the future.
        seconds: i64,
    },
}

/// In which way a notification is corrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corruption {
    /// A byte is changed after it was signed.
    Body,
    /// What is encrypted is damaged, and then signed.
    Ciphertext,
    /// Signed by a key that nobody knows.
    Serial,
    /// Signed ten minutes ago.
    Clock,
    /// One of WeChat Pay's probes.
    Probe,
}

const CORRUPTIONS: [Corruption; 5] = [Corruption::Body, Corruption::Ciphertext, Corruption::Serial, Corruption::Clock, Corruption::Probe];

/// Everything that can be turned on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Percent of notifications that are sent twice.
    pub repeat_percent: u8,
    /// Percent of notifications that are late.
    pub delay_percent: u8,
    /// How late those are, in milliseconds.
    pub delay_millis: u64,
    /// Percent of notifications that are never sent.
    pub drop_percent: u8,
    /// Percent of notifications that change places with the next one.
    pub reorder_percent: u8,
    /// Percent of notifications that are corrupted at first; refused, they are sent again as they should be.
    pub corrupt_percent: u8,
    /// In which way; one by chance where none is named.
    pub corruption: Option<Corruption>,
    /// Milliseconds after which an order is paid without a shopper.
    pub pay_after_millis: Option<u64>,
    /// Percent of shoppers' payments that arrive only after the merchant has closed the order.
    pub pay_after_close_percent: u8,
    /// How long after the closing those arrive, in milliseconds.
    pub pay_after_close_millis: u64,
    /// Milliseconds that a refund takes.
    pub refund_millis: u64,
    /// How the next refunds end; all others are paid.
    pub next_refunds: VecDeque<RefundState>,
    /// What is wrong with the next answers of the API.
    pub next_answers: VecDeque<AnswerFault>,
    /// Which key signs.
    pub keys: KeyMode,
    /// Where the draws begin.
    pub seed: u64,
}

/// What becomes of one notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fate {
    /// It is never sent.
    pub dropped: bool,
    /// It is sent a second time.
    pub repeated: bool,
    /// It waits so many milliseconds.
    pub delay_millis: u64,
    /// It waits for the next one.
    pub reordered: bool,
    /// It is corrupted at first.
    pub corruption: Option<Corruption>,
}

/// The settings and the draws.
#[derive(Debug)]
pub struct Chance {
    faults: Faults,
    draws: StdRng,
}

impl Default for Chance {
    fn default() -> Self {
        Self::new(Faults::default())
    }
}

impl Chance {
    /// With these settings.
    pub fn new(faults: Faults) -> Self {
        Self { draws: StdRng::seed_from_u64(faults.seed), faults }
    }

    /// As they are now; the next faults are those that are still to come.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    fn happens(&mut self, percent: u8) -> bool {
        self.draws.random_range(0..100) < percent
    }

    /// What becomes of the next notification.
    pub fn fate(&mut self) -> Fate {
        let Faults { repeat_percent, delay_percent, delay_millis, drop_percent, reorder_percent, corrupt_percent, corruption, .. } =
            self.faults.clone();
        let drawn = CORRUPTIONS[self.draws.random_range(0..CORRUPTIONS.len())];
        Fate {
            dropped: self.happens(drop_percent),
            repeated: self.happens(repeat_percent),
            delay_millis: if self.happens(delay_percent) { delay_millis } else { 0 },
            reordered: self.happens(reorder_percent),
            corruption: self.happens(corrupt_percent).then(|| corruption.unwrap_or(drawn)),
        }
    }

    /// Whether a platform certificate signs where nobody has asked for a key.
    pub fn signs_with_certificate(&mut self) -> bool {
        match self.faults.keys {
            KeyMode::PublicKey => false,
            KeyMode::Certificate => true,
            KeyMode::Both => self.draws.random(),
        }
    }

    /// What is wrong with this answer.
    pub fn next_answer(&mut self) -> Option<AnswerFault> {
        self.faults.next_answers.pop_front()
    }

    /// Whether the next payment of a shopper is delayed until its order is closed, and how many milliseconds after that it arrives.
    pub fn payment_delay(&mut self) -> Option<u64> {
        let Faults { pay_after_close_percent, pay_after_close_millis, .. } = self.faults;
        // No draw where it is off: the other faults stay the same.
        (pay_after_close_percent > 0 && self.happens(pay_after_close_percent)).then_some(pay_after_close_millis)
    }

    /// How this refund ends.
    pub fn next_refund(&mut self) -> RefundState {
        self.faults.next_refunds.pop_front().unwrap_or(RefundState::Success)
    }
}

impl Faults {
    /// What is wrong with these settings.
    pub fn fault(&self) -> Option<&'static str> {
        let percents = [
            self.repeat_percent,
            self.delay_percent,
            self.drop_percent,
            self.reorder_percent,
            self.corrupt_percent,
            self.pay_after_close_percent,
        ];
        if percents.iter().any(|percent| *percent > 100) {
            return Some("a percentage is above 100");
        }
        self.next_refunds.contains(&RefundState::Processing).then_some("a refund cannot end as PROCESSING")
    }
}

//! Fetches the bills of a day. They are made the next day, from about nine o'clock (trades) and ten o'clock (funds) in China.
//! - F1 The answer that says where a bill lies is verified. The bill itself is not signed: its hash is in that answer.
//! - F2 The merchant's signature is only ever sent to WeChat Pay.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use mallcore_actors::values::day::BusinessDay;
use reqwest::{Method, Url};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::Deserialize;

use super::bill::{FundBill, TradeBill};
use super::client::WechatPay;
use super::error::PayError;
use super::exchange::read;
use super::metrics;
use crate::platform::auth::key::hex;

/// Bytes of a bill once it is unpacked, at most: some 600,000 trades.
const BILL_BYTES_MAX: u64 = 256 << 20;
/// Domain of WeChat Pay's servers, of which bills are downloaded.
const DOMAIN: &str = ".mch.weixin.qq.com";

/// Which of a day's bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillKind {
    /// Payments and refunds.
    Trades,
    /// Movements of the merchant's basic account.
    Funds,
}

#[derive(Deserialize)]
struct Place {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

impl WechatPay {
    /// Payments and refunds of a day.
    ///
    /// # Errors
    /// [`PayError`]; [`super::PayCode::NoStatementExist`] if there were none, [`super::PayCode::StatementCreating`] if it is not made yet.
    pub async fn trade_bill(&self, day: BusinessDay) -> Result<TradeBill, PayError> {
        let bytes = self.bill(BillKind::Trades, day).await?;
        TradeBill::parse(&bytes).map_err(|cause| PayError::Unexpected(cause.to_string()))
    }

    /// Movements of the merchant's basic account on a day.
    ///
    /// # Errors
    /// As [`Self::trade_bill`].
    pub async fn fund_bill(&self, day: BusinessDay) -> Result<FundBill, PayError> {
        let bytes = self.bill(BillKind::Funds, day).await?;
        FundBill::parse(&bytes).map_err(|cause| PayError::Unexpected(cause.to_string()))
    }

    /// A bill as it is, for those who keep it.
    ///
    /// # Errors
    /// As [`Self::trade_bill`], except that it is not read.
    pub async fn bill(&self, kind: BillKind, day: BusinessDay) -> Result<Vec<u8>, PayError> {
        let target = match kind {
            BillKind::Trades => format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP"),
            BillKind::Funds => format!("/v3/bill/fundflowbill?bill_date={day}&account_type=BASIC&tar_type=GZIP"),
        };
        let place: Place = read(&self.exchange("bill", Method::GET, &target, None).await?)?;
        let outcome = self.download(place).await;
        metrics::asked("download", &outcome);
        outcome
    }

    async fn download(&self, place: Place) -> Result<Vec<u8>, PayError> {
        if place.hash_type != "SHA1" {
            return Err(PayError::Unexpected("the bill has a hash of another kind than SHA1".to_owned()));
        }
        let url = Url::parse(&place.download_url).map_err(|cause| PayError::Unexpected(format!("the bill's URL: {cause}")))?;
        if !self.is_wechat_pay(&url) {
            return Err(PayError::Unexpected("the bill lies somewhere else than at WeChat Pay".to_owned()));
        }
        let answer = self.downloads.answer_of(self.signed(&self.downloads, Method::GET, url, None)?).await?;
        if !answer.status.is_success() {
            // Nothing of it is signed, so nothing of it is believed.
            return Err(PayError::Transient(format!("the bill's download ended with status {}", answer.status.as_u16())));
        }
        let bill = unpack(&answer.bytes)?;
        // The hash is of the bill itself, not of what it was packed into.
        if !hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bill).as_ref()).eq_ignore_ascii_case(&place.hash_value) {
            return Err(PayError::Unexpected("the bill has another hash than WeChat Pay says".to_owned()));
        }
        Ok(bill)
    }

    fn is_wechat_pay(&self, url: &Url) -> bool {
        let is_theirs = url.scheme() == "https" && url.host_str().is_some_and(|host| host.ends_with(DOMAIN));
        is_theirs || url.origin() == self.base.origin()
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, PayError> {
    let mut bill = Vec::new();
    let unreadable = |cause: std::io::Error| PayError::Unexpected(format!("the bill cannot be unpacked: {cause}"));
    MultiGzDecoder::new(bytes).take(BILL_BYTES_MAX + 1).read_to_end(&mut bill).map_err(unreadable)?;
    if bill.len() as u64 > BILL_BYTES_MAX {
        return Err(PayError::Unexpected(format!("the bill has more than {BILL_BYTES_MAX} bytes")));
    }
    Ok(bill)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_bill_is_unpacked_only_so_far() {
        let pack = |bytes: u64| {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            std::io::copy(&mut std::io::repeat(b'x').take(bytes), &mut packed).unwrap();
            packed.flush().unwrap();
            packed.finish().unwrap()
        };
        assert_eq!(unpack(&pack(1_000)).unwrap().len(), 1_000);
        assert!(matches!(unpack(&pack(BILL_BYTES_MAX + 1)), Err(PayError::Unexpected(_))));
        assert!(matches!(unpack(b"plain"), Err(PayError::Unexpected(_))));
    }
}

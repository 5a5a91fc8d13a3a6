//! The bills of a day: fetched once, kept as files in `DATA_DIR/bills`, known by their hashes; and read in the shop's terms.
//! - K1 A kept bill whose hash is another one is not used: somebody has changed it.
//! - K2 A bill of a day that is not over is not kept.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mallcore_actors::reconciliation::{Bill, BilledPayment, BilledRefund, BilledState, Movement, MovementKind};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use ring::digest::{SHA256, digest};

use crate::platform::auth::key::hex;
use crate::platform::database::{Database, Error, Rows};
use crate::platform::wechat::pay::{BadBill, BillKind, FundBill, PayCode, PayError, TradeBill, TradeEntryKind, WechatPay};

/// Days that a refund may be on its way and still be found in the bill of its acceptance.
const REFUND_DAYS: usize = 7;

/// Why there is no bill.
#[derive(Debug, thiserror::Error)]
pub enum BillError {
    /// WeChat Pay does not give it.
    #[error("WeChat Pay does not give the bill")]
    Channel(#[from] PayError),
    /// What it gives, or what was kept, cannot be read.
    #[error("the bill cannot be read")]
    Unreadable(#[from] BadBill),
    /// K1 is broken: somebody has changed the file.
    #[error("{} is not the bill that was fetched (SHA-256 {found}, not {kept}): move it away, and it is fetched again", file.display())]
    Changed {
        /// Path of the file.
        file: PathBuf,
        /// The hash that it has now.
        found: String,
        /// The hash of what was fetched.
        kept: String,
    },
    /// The file cannot be read or written.
    #[error("the file {} cannot be read or written", file.display())]
    File {
        /// Path of the file.
        file: PathBuf,
        /// Why it cannot.
        #[source]
        cause: io::Error,
    },
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] Error),
    /// The day is not over.
    #[error("the bill of {0} is made on the next day, from ten o'clock")]
    NotYet(BusinessDay),
    /// No merchant is configured.
    #[error("no merchant of WeChat Pay is configured: see WECHAT_PAY_MCHID")]
    NoMerchant,
}

impl BillError {
    /// Whether it may work by itself later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Channel(cause) => cause.is_transient() || cause.refusal() == Some(&PayCode::StatementCreating),
            Self::Database(cause) => cause.is_transient(),
            Self::NotYet(_) => true,
            Self::Unreadable(_) | Self::Changed { .. } | Self::File { .. } | Self::NoMerchant => false,
        }
    }
}

/// Bills of a shop.
pub struct Bills<'a> {
    /// Where bills are kept, `DATA_DIR/bills`.
    pub folder: &'a Path,
    /// Where their hashes are.
    pub database: &'a Database,
    /// The merchant's client; without one only kept bills can be read.
    pub wechat: Option<&'a WechatPay>,
}

const fn number(kind: BillKind) -> u8 {
    match kind {
        BillKind::Trades => 1,
        BillKind::Funds => 2,
    }
}

const fn word(kind: BillKind) -> &'static str {
    match kind {
        BillKind::Trades => "trades",
        BillKind::Funds => "funds",
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

impl Bills<'_> {
    /// The bills of a day, kept or fetched; none if WeChat Pay says that the day had no trades.
    ///
    /// # Errors
    /// [`BillError`].
    pub async fn of(&self, day: BusinessDay, now: Timestamp) -> Result<Option<Bill>, BillError> {
        let trades = self.bytes(BillKind::Trades, day, now).await?;
        let funds = self.bytes(BillKind::Funds, day, now).await?;
        if trades.is_none() && funds.is_none() {
            return Ok(None);
        }
        Ok(Some(read(trades.as_deref(), funds.as_deref())?))
    }

    /// Numbers of the refunds in the kept bills of the days before this one: a refund stands in that of the day on which it was accepted.
    ///
    /// # Errors
    /// [`BillError`].
    pub async fn refunds_before(&self, day: BusinessDay) -> Result<HashSet<String>, BillError> {
        let (mut found, mut before) = (HashSet::new(), day);
        for _ in 0..REFUND_DAYS {
            before = before.previous();
            if let Some(bytes) = self.kept(BillKind::Trades, before).await? {
                found.extend(read(Some(&bytes), None)?.refunds.into_iter().map(|refund| refund.number));
            }
        }
        Ok(found)
    }

    fn file(&self, kind: BillKind, day: BusinessDay) -> PathBuf {
        self.folder.join(format!("{day}-{}.csv", word(kind)))
    }

    async fn hash(&self, kind: BillKind, day: BusinessDay) -> Result<Option<String>, BillError> {
        let mut tx = self.database.snapshot().await?;
        let values = vec![day.number().into(), number(kind).into()];
        let row = tx.first("SELECT sha256 FROM payment_bills WHERE bill_day = ? AND kind = ?", values).await?;
        tx.commit().await?;
        Ok(row.map(|row| row.text(0)).transpose()?)
    }

    async fn kept(&self, kind: BillKind, day: BusinessDay) -> Result<Option<Vec<u8>>, BillError> {
        let Some(kept) = self.hash(kind, day).await? else { return Ok(None) };
        let file = self.file(kind, day);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            // Another machine has fetched it, or somebody has moved it away.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(BillError::File { file, cause }),
        };
        let found = sha256(&bytes);
        if found == kept { Ok(Some(bytes)) } else { Err(BillError::Changed { file, found, kept }) }
    }

    async fn bytes(&self, kind: BillKind, day: BusinessDay, now: Timestamp) -> Result<Option<Vec<u8>>, BillError> {
        if let Some(kept) = self.kept(kind, day).await? {
            return Ok(Some(kept));
        }
        let bytes = match self.wechat.ok_or(BillError::NoMerchant)?.bill(kind, day).await {
            Ok(bytes) => bytes,
            Err(error) if error.refusal() == Some(&PayCode::NoStatementExist) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // What cannot be read is not kept.
        match kind {
            BillKind::Trades => read(Some(&bytes), None)?,
            BillKind::Funds => read(None, Some(&bytes))?,
        };
        if day < BusinessDay::of(now) {
            self.keep(kind, day, &bytes, now).await?;
        }
        Ok(Some(bytes))
    }

    /// The file first: a hash without its file is fetched again, a file without its hash is not used.
    async fn keep(&self, kind: BillKind, day: BusinessDay, bytes: &[u8], now: Timestamp) -> Result<(), BillError> {
        let file = self.file(kind, day);
        let written = fs::create_dir_all(self.folder).and_then(|()| {
            let fresh = file.with_extension("new");
            fs::write(&fresh, bytes)?;
            fs::File::open(&fresh)?.sync_all()?;
            fs::rename(&fresh, &file)
        });
        written.map_err(|cause| BillError::File { file, cause })?;
        let hash = sha256(bytes);
        let mut tx = self.database.begin().await?;
        let values = vec![day.number().into(), number(kind).into()];
        let before = tx.first("SELECT sha256 FROM payment_bills WHERE bill_day = ? AND kind = ?", values).await?;
        if before.map(|row| row.text(0)).transpose()?.is_some_and(|before| before != hash) {
            tracing::warn!("the {} of {day} that WeChat Pay gives now are others than those that were fetched before", word(kind));
        }
        let columns = ["bill_day", "kind", "sha256", "byte_count", "fetched_at"];
        let text = Rows::upsert(tx.engine(), "payment_bills", &["bill_day", "kind"], &columns, &[], 1);
        tx.execute(text, vec![day.number().into(), number(kind).into(), hash.into(), (bytes.len() as u64).into(), now.into()]).await?;
        Ok(tx.commit().await?)
    }
}

/// Reads bills as they were downloaded; what is missing is as if nothing had happened, and without the funds nothing is said of them.
///
/// # Errors
/// [`BadBill`].
pub fn read(trades: Option<&[u8]>, funds: Option<&[u8]>) -> Result<Bill, BadBill> {
    let mut bill = Bill::default();
    let mut fees = 0_i64;
    for entry in trades.map(TradeBill::parse).transpose()?.map(|bill| bill.entries).unwrap_or_default() {
        fees = fees.saturating_add(entry.fee_millifen);
        match entry.kind {
            TradeEntryKind::Payment { total, .. } => {
                bill.payments.push(BilledPayment { transaction: entry.transaction_id, number: entry.out_trade_no, amount: total });
            }
            TradeEntryKind::Refund { refund_id, out_refund_no, refund, state } => bill.refunds.push(BilledRefund {
                number: out_refund_no,
                refund_id,
                transaction: entry.transaction_id,
                amount: refund,
                state: billed_state(&state),
            }),
            // Of payment codes only, which this shop has not: no money came.
            TradeEntryKind::Revoked => {}
        }
    }
    bill.fees_fen = Bill::whole_fen(fees);
    if let Some(funds) = funds {
        let movements = FundBill::parse(funds)?.entries.into_iter().map(|entry| Movement {
            kind: movement_kind(&entry.kind),
            flow: entry.flow_no,
            business: entry.business_no,
            fen: entry.change_fen,
        });
        bill.funds = Some(movements.collect());
    }
    Ok(bill)
}

/// WeChat Pay's words for states of refunds: SUCCESS, FAIL, PROCESSING, CHANGE and, in newer bills, CLOSED.
fn billed_state(word: &str) -> BilledState {
    match word {
        "SUCCESS" => BilledState::Done,
        "FAIL" | "CLOSED" | "REFUNDCLOSE" => BilledState::Failed,
        _ => BilledState::OnItsWay,
    }
}

/// Fees have words like 扣除交易手续费 and 退还手续费.
fn movement_kind(word: &str) -> MovementKind {
    match word {
        "交易" => MovementKind::Payment,
        "退款" => MovementKind::Refund,
        _ if word.contains("手续费") => MovementKind::Fee,
        _ => MovementKind::Other,
    }
}

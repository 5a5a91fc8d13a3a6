//! A day's bills as WeChat Pay writes them: lines of comma-separated values, each value behind a backtick, then two lines of sums.
//! - B1 Columns are found by their names, so that new ones between them do no harm.
//! - B2 Entries and sums have to agree: a bill that was cut off is refused.
//! - B3 Amounts are exact. WeChat Pay writes yuan; fees have five decimals.

use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;

use super::time::parse_time;

/// All trades of a day: payments and refunds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradeBill {
    /// In the order of the bill.
    pub entries: Vec<TradeEntry>,
}

/// One payment or refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradeEntry {
    /// When it happened.
    pub at: Timestamp,
    /// Number of the merchant.
    pub mchid: String,
    /// WeChat Pay's number of the trade.
    pub transaction_id: String,
    /// The shop's number of the trade.
    pub out_trade_no: String,
    /// Payment or refund.
    pub kind: TradeEntryKind,
    /// Currency of the amounts, `CNY`.
    pub currency: String,
    /// What the merchant is charged for it, in thousandths of a fen; negative where it is given back.
    pub fee_millifen: i64,
}

/// Payment or refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TradeEntryKind {
    /// Money came in.
    Payment {
        /// What the order cost.
        total: Money,
        /// What the merchant gets of it before the fee.
        settled: Money,
    },
    /// Money went out.
    Refund {
        /// WeChat Pay's number of the refund.
        refund_id: String,
        /// The shop's number of the refund.
        out_refund_no: String,
        /// What was asked for.
        refund: Money,
        /// WeChat Pay's word for where it stands, such as `SUCCESS`.
        state: String,
    },
    /// Taken back before it was settled: of payment codes only.
    Revoked,
}

/// All movements of a day on the merchant's basic account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundBill {
    /// In the order of the bill.
    pub entries: Vec<FundEntry>,
}

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundEntry {
    /// When it was booked.
    pub at: Timestamp,
    /// Number of the trade, refund, withdrawal or fee that moved it.
    pub business_no: String,
    /// Number of the movement.
    pub flow_no: String,
    /// WeChat Pay's word for what it was, such as `交易` or `退款`.
    pub kind: String,
    /// In fen; negative where money left the account.
    pub change_fen: i64,
    /// On the account afterwards, in fen.
    pub balance_fen: i64,
    /// The shop's number, where there is one.
    pub voucher: String,
}

/// It is no bill of this kind, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBill {
    /// No UTF-8 text.
    #[error("the bill is no text")]
    Text,
    /// A column that has to be there is not.
    #[error("the bill has no column {0}")]
    Column(&'static str),
    /// A line that cannot be read, counted from 1.
    #[error("line {line} of the bill: {reason}")]
    Line {
        /// Number of the line.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// No sums at the end.
    #[error("the bill has no sums at its end")]
    NoSums,
    /// Entries and sums differ.
    #[error("the bill's {0} is not the sum of its entries")]
    Sum(&'static str),
}

/// Columns by name.
struct Header<'a>(Vec<&'a str>);

impl<'a> Header<'a> {
    fn read(line: &'a str) -> Self {
        Self(line.split(',').map(|name| name.trim_start_matches('`').trim()).collect())
    }

    /// Names of amounts have their unit behind them, in brackets of different kinds.
    fn column(&self, name: &'static str) -> Result<usize, BadBill> {
        let is_it = |known: &&str| known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['(', '（']));
        self.0.iter().position(is_it).ok_or(BadBill::Column(name))
    }
}

/// The values of one line.
struct Row<'a> {
    line: usize,
    values: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn bad(&self, reason: &'static str) -> BadBill {
        BadBill::Line { line: self.line, reason }
    }

    fn text(&self, column: usize) -> Result<&'a str, BadBill> {
        self.values.get(column).copied().ok_or_else(|| self.bad("it has too few values"))
    }

    fn time(&self, column: usize) -> Result<Timestamp, BadBill> {
        let text = self.text(column)?;
        // China's clock, without saying so.
        parse_time(&format!("{}+08:00", text.replace(' ', "T"))).ok_or_else(|| self.bad("a time cannot be read"))
    }

    fn millifen(&self, column: usize) -> Result<i64, BadBill> {
        millifen(self.text(column)?).ok_or_else(|| self.bad("an amount cannot be read"))
    }

    fn fen(&self, column: usize) -> Result<i64, BadBill> {
        let millifen = self.millifen(column)?;
        if millifen % 1_000 == 0 { Ok(millifen / 1_000) } else { Err(self.bad("an amount has a fraction of a fen")) }
    }

    fn money(&self, column: usize) -> Result<Money, BadBill> {
        let fen = self.fen(column)?;
        u64::try_from(fen).ok().and_then(|fen| Money::from_fen(fen).ok()).ok_or_else(|| self.bad("an amount is negative or too large"))
    }
}

/// `12.3` yuan, with up to five decimals, in thousandths of a fen.
fn millifen(text: &str) -> Option<i64> {
    const DECIMALS: usize = 5;
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > DECIMALS || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let amount: i64 = format!("{whole}{fraction:0<DECIMALS$}").parse().ok()?;
    Some(if negative { -amount } else { amount })
}

/// A bill in parts: header, entries, names of the sums, sums.
struct Parts<'a> {
    header: Header<'a>,
    rows: Vec<Row<'a>>,
    sum_names: Header<'a>,
    sums: Row<'a>,
}

fn parts(bytes: &[u8]) -> Result<Parts<'_>, BadBill> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadBill::Text)?.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = Header::read(lines.next().ok_or(BadBill::NoSums)?.1);
    let (mut rows, mut sum_names) = (Vec::new(), None);
    for (number, line) in lines {
        let Some(values) = line.strip_prefix('`') else {
            sum_names = Some(Header::read(line));
            continue;
        };
        let row = Row { line: number + 1, values: values.trim_end().split(",`").collect() };
        match sum_names {
            Some(sum_names) => return Ok(Parts { header, rows, sum_names, sums: row }),
            None => rows.push(row),
        }
    }
    Err(BadBill::NoSums)
}

impl Parts<'_> {
    /// Compares a sum with that of the entries, in thousandths of what it counts.
    fn compare(&self, name: &'static str, of_entries: i64) -> Result<(), BadBill> {
        let sum = self.sums.millifen(self.sum_names.column(name)?)?;
        if sum == of_entries { Ok(()) } else { Err(BadBill::Sum(name)) }
    }
}

/// A number of entries as the sums write it: `45` and `45.0` are the same.
fn count(entries: usize) -> i64 {
    i64::try_from(entries).unwrap_or(i64::MAX).saturating_mul(100_000)
}

impl TradeBill {
    /// Reads the text of a bill.
    ///
    /// # Errors
    /// [`BadBill`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BadBill> {
        let parts = parts(bytes)?;
        let column = |name| parts.header.column(name);
        let (at, mchid, transaction, number) = (column("交易时间")?, column("商户号")?, column("微信订单号")?, column("商户订单号")?);
        let (state, currency, settled, fee) = (column("交易状态")?, column("货币种类")?, column("应结订单金额")?, column("手续费")?);
        let (refund_id, refund_no, refund_state) = (column("微信退款单号")?, column("商户退款单号")?, column("退款状态")?);
        let (total, refund) = (column("订单金额")?, column("申请退款金额")?);
        let (mut entries, mut totals, mut refunds) = (Vec::with_capacity(parts.rows.len()), 0, 0);
        for row in &parts.rows {
            let kind = match row.text(state)? {
                "SUCCESS" => TradeEntryKind::Payment { total: row.money(total)?, settled: row.money(settled)? },
                "REFUND" => TradeEntryKind::Refund {
                    refund_id: row.text(refund_id)?.to_owned(),
                    out_refund_no: row.text(refund_no)?.to_owned(),
                    refund: row.money(refund)?,
                    state: row.text(refund_state)?.to_owned(),
                },
                "REVOKED" => TradeEntryKind::Revoked,
                _ => return Err(row.bad("it is neither a payment nor a refund")),
            };
            totals += row.millifen(total)?;
            refunds += row.millifen(refund)?;
            entries.push(TradeEntry {
                at: row.time(at)?,
                mchid: row.text(mchid)?.to_owned(),
                transaction_id: row.text(transaction)?.to_owned(),
                out_trade_no: row.text(number)?.to_owned(),
                kind,
                currency: row.text(currency)?.to_owned(),
                fee_millifen: row.millifen(fee)?,
            });
        }
        parts.compare("总交易单数", count(entries.len()))?;
        parts.compare("订单总金额", totals)?;
        parts.compare("申请退款总金额", refunds)?;
        Ok(Self { entries })
    }
}

impl FundBill {
    /// Reads the text of a bill.
    ///
    /// # Errors
    /// [`BadBill`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BadBill> {
        let parts = parts(bytes)?;
        let column = |name| parts.header.column(name);
        let (at, business, flow, kind) = (column("记账时间")?, column("微信支付业务单号")?, column("资金流水单号")?, column("业务类型")?);
        let (direction, amount, balance, voucher) = (column("收支类型")?, column("收支金额")?, column("账户结余")?, column("业务凭证号")?);
        let (mut entries, mut income, mut expense) = (Vec::with_capacity(parts.rows.len()), 0, 0);
        for row in &parts.rows {
            let amount = row.fen(amount)?;
            let change_fen = match row.text(direction)? {
                "收入" => amount,
                "支出" => -amount,
                _ => return Err(row.bad("money neither comes in nor goes out")),
            };
            *if change_fen < 0 { &mut expense } else { &mut income } += amount * 1_000;
            entries.push(FundEntry {
                at: row.time(at)?,
                business_no: row.text(business)?.to_owned(),
                flow_no: row.text(flow)?.to_owned(),
                kind: row.text(kind)?.to_owned(),
                change_fen,
                balance_fen: row.fen(balance)?,
                voucher: row.text(voucher)?.to_owned(),
            });
        }
        parts.compare("资金流水总笔数", count(entries.len()))?;
        parts.compare("收入金额", income)?;
        parts.compare("支出金额", expense)?;
        Ok(Self { entries })
    }
}

#[cfg(test)]
mod tests;

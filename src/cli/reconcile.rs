//! `reconcile`: whether the database's own sums agree, whether WeChat Pay's bills agree with the books, and what is done where they do not.

use std::fs;
use std::path::Path;

use actix_web::rt::System;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::values::day::BusinessDay;
use serde::Serialize;

use super::out::Out;
use super::reconcile_args::{ListDifferences, Reconcile, ReconcileCommand, ReconcilePayments, SettleDifference, ShowLedger};
use super::{CliError, store, wechat_sandbox};
use crate::features::ledger::{self, Accounts};
use crate::features::reconciliation::Settings;
use crate::features::reconciliation::bills::{BillError, Bills, read};
use crate::features::reconciliation::day::{self, Outcome};
use crate::features::reconciliation::differences::{self, NOTE_CHARACTERS_MAX, Noted, State};
use crate::features::reconciliation::settling::{self, Decision, SettleError};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;
use crate::platform::wechat::pay::WechatPay;

/// Carries the command out.
pub fn run(config: &Config, args: &Reconcile, out: &mut Out) -> Result<(), CliError> {
    let Some(command) = &args.command else { return store::reconcile(config, out) };
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match command {
            ReconcileCommand::Payments(args) => payments(config, &database, args, out).await,
            ReconcileCommand::Differences(args) => list(&database, args, out).await,
            ReconcileCommand::Settle(args) => settle(config, &database, args, out).await,
            ReconcileCommand::Ledger(args) => accounts(&database, args, out).await,
        };
        database.close().await;
        done
    })
}

/// The merchant's client; none where there is no merchant.
fn wechat(config: &Config) -> Result<Option<WechatPay>, CliError> {
    let client = wechat_sandbox::merchant(config).as_ref().map(WechatPay::new).transpose();
    client.map_err(|cause| CliError::failed("the merchant of WeChat Pay cannot be used", cause))
}

async fn payments(config: &Config, database: &Database, args: &ReconcilePayments, out: &mut Out) -> Result<(), CliError> {
    let (now, today) = (store::now(), BusinessDay::of(store::now()));
    let day = args.date.unwrap_or_else(|| today.previous());
    let failed = |cause: BillError| CliError::failed(format!("the payments of {day} cannot be compared"), cause);
    // Who tries the shop out has a sandbox, whose bill of today is at hand.
    if day > today || (day == today && !config.mode.allows_demo()) {
        return Err(failed(BillError::NotYet(day)));
    }
    let wechat = wechat(config)?;
    let folder = Settings::of(config).folder;
    let bills = Bills { folder: &folder, database, wechat: wechat.as_ref() };
    let outcome = match &args.trades {
        None => day::reconcile(&bills, day, now).await.map_err(failed)?,
        Some(trades) => {
            let trades = file(trades)?;
            let funds = args.funds.as_deref().map(file).transpose()?;
            let bill = read(Some(&trades), funds.as_deref()).map_err(|cause| failed(cause.into()))?;
            let earlier = bills.refunds_before(day).await.map_err(failed)?;
            day::compare_with(database, day, Some(&bill), &earlier, now).await.map_err(|cause| failed(cause.into()))?
        }
    };
    if args.json {
        print(&OutcomeView::from(&outcome), out)?;
    } else {
        let Outcome { payments, refunds, fees_fen, differences, has_bill, .. } = &outcome;
        let bill = if *has_bill { "" } else { ", no bill: WeChat Pay had no trades" };
        let (all, unsettled) = (differences.len(), outcome.unsettled());
        out.line(format_args!(
            "{day}: {payments} payments, {refunds} refunds, fees of {fees_fen} fen{bill}; {all} differences, {unsettled} not settled"
        ));
        outcome.differences.iter().for_each(|row| line(row, out));
    }
    ended(outcome.unsettled())
}

fn file(path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path).map_err(|cause| CliError::failed(format!("the file {} cannot be read", path.display()), cause))
}

/// Differences that are not settled are a failure.
const fn ended(unsettled: usize) -> Result<(), CliError> {
    if unsettled == 0 { Ok(()) } else { Err(CliError::Differences(unsettled)) }
}

async fn list(database: &Database, args: &ListDifferences, out: &mut Out) -> Result<(), CliError> {
    let mut rows = Vec::new();
    for state in [State::Open, State::Wanted] {
        let some = differences::in_state(database, state, args.count).await;
        rows.extend(some.map_err(|cause| CliError::failed("the differences cannot be read", cause))?);
    }
    rows.sort_by_key(|row| (row.day, row.id));
    rows.truncate(args.count as usize);
    if args.json {
        print(&rows.iter().map(DifferenceView::from).collect::<Vec<_>>(), out)?;
    } else if rows.is_empty() {
        out.line(format_args!("every difference is settled"));
    } else {
        rows.iter().for_each(|row| line(row, out));
    }
    ended(rows.len())
}

async fn settle(config: &Config, database: &Database, args: &SettleDifference, out: &mut Out) -> Result<(), CliError> {
    let operator = Operator::parse(&args.operator).map_err(|cause| CliError::Argument(format!("--operator: {cause}")))?;
    if args.note.trim().is_empty() || args.note.chars().count() > NOTE_CHARACTERS_MAX {
        return Err(CliError::Argument(format!("--note: 1 to {NOTE_CHARACTERS_MAX} characters that say why")));
    }
    let wechat = wechat(config)?;
    let decision = Decision { action: args.action.into(), note: args.note.trim(), by: operator.as_str() };
    let settled = settling::settle(database, wechat.as_ref(), args.id, decision, store::now()).await;
    let row = settled.map_err(|cause| match cause {
        SettleError::Unknown(_) | SettleError::Settled(..) | SettleError::Misfit(_) | SettleError::Amount(_) => {
            CliError::Argument(cause.to_string())
        }
        SettleError::NoMerchant | SettleError::Channel(_) | SettleError::Database(_) => {
            CliError::failed(format!("difference {} is not settled", args.id), cause)
        }
    })?;
    line(&row, out);
    if row.state == State::Wanted {
        out.line(format_args!("  a running shop carries it out within seconds; `mallcore reconcile differences` says if it cannot"));
    }
    Ok(())
}

async fn accounts(database: &Database, args: &ShowLedger, out: &mut Out) -> Result<(), CliError> {
    let accounts = ledger::accounts(database).await.map_err(|cause| CliError::failed("the ledger cannot be read", cause))?;
    if args.json {
        print(&LedgerView::from(&accounts), out)?;
    } else {
        out.line(format_args!("{} entries, {} that do not balance", accounts.entries, accounts.unbalanced));
        for (account, debit, credit) in &accounts.sums {
            let (number, name) = (account.number(), account.name());
            out.line(format_args!("{number:<7} {name:<14} debit {debit} fen, credit {credit} fen, balance {} fen", debit - credit));
        }
    }
    ended(usize::try_from(accounts.unbalanced).unwrap_or(usize::MAX))
}

fn line(row: &Noted, out: &mut Out) {
    let fen = |amount: Option<i64>| amount.map_or_else(|| "nothing".to_owned(), |fen| format!("{fen} fen"));
    let difference = &row.difference;
    let order = difference.order.map_or_else(String::new, |order| format!(", order {order}"));
    let action = row.action.map_or_else(String::new, |action| format!(" ({})", action.name()));
    out.line(format_args!(
        "{} {} {} {} {}{order}: WeChat Pay {}, we {}; {}{action}",
        row.id,
        row.day,
        difference.class.name(),
        difference.subject.name(),
        difference.reference,
        fen(difference.bill_fen),
        fen(difference.our_fen),
        row.state.name()
    ));
    if let Some(note) = &row.note {
        out.line(format_args!(
            "  {}{}",
            note.replace('\n', " "),
            row.settled_by.as_ref().map_or_else(String::new, |by| format!(" ({by})"))
        ));
    }
}

fn print(document: &impl Serialize, out: &mut Out) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(document).map_err(|cause| CliError::failed("the report cannot be written", cause))?;
    out.line(format_args!("{json}"));
    Ok(())
}

#[derive(Serialize)]
struct OutcomeView {
    date: String,
    has_bill: bool,
    payments: u64,
    refunds: u64,
    fees_fen: i64,
    differences: Vec<DifferenceView>,
}

impl From<&Outcome> for OutcomeView {
    fn from(outcome: &Outcome) -> Self {
        Self {
            date: outcome.day.to_string(),
            has_bill: outcome.has_bill,
            payments: outcome.payments,
            refunds: outcome.refunds,
            fees_fen: outcome.fees_fen,
            differences: outcome.differences.iter().map(DifferenceView::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct DifferenceView {
    id: u64,
    date: String,
    class: &'static str,
    subject: &'static str,
    reference: String,
    order_id: Option<u64>,
    bill_fen: Option<i64>,
    our_fen: Option<i64>,
    delta_fen: i64,
    state: &'static str,
    action: Option<&'static str>,
    note: Option<String>,
    settled_by: Option<String>,
    found_at: Rfc3339,
    settled_at: Option<Rfc3339>,
}

impl From<&Noted> for DifferenceView {
    fn from(row: &Noted) -> Self {
        let difference = &row.difference;
        Self {
            id: row.id,
            date: row.day.to_string(),
            class: difference.class.name(),
            subject: difference.subject.name(),
            reference: difference.reference.clone(),
            order_id: difference.order.map(|order| order.get()),
            bill_fen: difference.bill_fen,
            our_fen: difference.our_fen,
            delta_fen: difference.delta_fen(),
            state: row.state.name(),
            action: row.action.map(|action| action.name()),
            note: row.note.clone(),
            settled_by: row.settled_by.clone(),
            found_at: row.found_at.into(),
            settled_at: row.settled_at.map(Into::into),
        }
    }
}

#[derive(Serialize)]
struct LedgerView {
    entries: u64,
    unbalanced: u64,
    accounts: Vec<AccountView>,
}

#[derive(Serialize)]
struct AccountView {
    number: u32,
    name: &'static str,
    debit_fen: i64,
    credit_fen: i64,
    balance_fen: i64,
}

impl From<&Accounts> for LedgerView {
    fn from(accounts: &Accounts) -> Self {
        let view = |&(account, debit_fen, credit_fen): &(mallcore_actors::ledger::Account, i64, i64)| AccountView {
            number: account.number(),
            name: account.name(),
            debit_fen,
            credit_fen,
            balance_fen: debit_fen - credit_fen,
        };
        Self { entries: accounts.entries, unbalanced: accounts.unbalanced, accounts: accounts.sums.iter().map(view).collect() }
    }
}

//! Bills as WeChat Pay writes them, whole and damaged.

use mallcore_actors::money::Money;
use proptest::prelude::*;

use super::*;

const TRADE_HEADER: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n";
const TRADE_SUM_HEADER: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";

/// Lines of the form of TheNorthMemory/wechatpay-axios-plugin, `tests/fixtures/bill.ALL.csv`: a refund and a payment.
fn trade_bill() -> String {
    format!(
        "{TRADE_HEADER}`2019-02-19 05:01:46,`wxab8acd895ab1638a,`1921000401,`0,`device,`4200000263201902167700134212,`autotest_82335,`oHkLxtx0vUe,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50000709672019011908420787722,`REF4200000263,`0.01,`0.00,`ORIGINAL,`SUCCESS,`a name, with a comma,`,`0.00000,`39.00%,`0.00,`0.01,`\r\n\
         `2019-02-19 01:52:32,`wxab8acd895ab1638a,`1921000401,`0,`,`4200000263201902167700134902,`autotest_89201,`oHkLxtx0vUe,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.03,`0.01,`0,`0,`0.00,`0.00,`,`,`autotest,`,`0.01000,`39.00%,`0.03,`0.00,`\r\n\
         {TRADE_SUM_HEADER}`2.0,`0.03,`0.01,`0.0,`0.01,`0.03,`0.01\r\n"
    )
}

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

#[test]
fn a_trade_bill_has_payments_and_refunds() {
    let bill = TradeBill::parse(trade_bill().as_bytes()).unwrap();
    let [refund, payment] = bill.entries.as_slice() else { panic!("{bill:?}") };
    assert_eq!((refund.out_trade_no.as_str(), refund.at.millis()), ("autotest_82335", 1_550_523_706_000));
    assert_eq!(
        refund.kind,
        TradeEntryKind::Refund {
            refund_id: "50000709672019011908420787722".to_owned(),
            out_refund_no: "REF4200000263".to_owned(),
            refund: fen(1),
            state: "SUCCESS".to_owned(),
        }
    );
    assert_eq!(payment.kind, TradeEntryKind::Payment { total: fen(3), settled: fen(3) });
    assert_eq!((payment.fee_millifen, payment.mchid.as_str(), payment.currency.as_str()), (1_000, "1921000401", "CNY"));
}

#[test]
fn a_bill_that_was_cut_off_is_refused() {
    let whole = trade_bill();
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(TradeBill::parse(lines[..3].join("\n").as_bytes()), Err(BadBill::NoSums));
    let without_payment = [lines[0], lines[1], lines[3], lines[4]].join("\n");
    assert_eq!(TradeBill::parse(without_payment.as_bytes()), Err(BadBill::Sum("总交易单数")));
    let another_amount = whole.replace("`39.00%,`0.03", "`39.00%,`0.02");
    assert_eq!(TradeBill::parse(another_amount.as_bytes()), Err(BadBill::Sum("订单总金额")));
    assert_eq!(TradeBill::parse(b""), Err(BadBill::NoSums));
    assert_eq!(TradeBill::parse(&[0xff, 0xfe]), Err(BadBill::Text));
}

#[test]
fn what_cannot_be_read_names_its_line() {
    let with = |old: &str, new: &str| TradeBill::parse(trade_bill().replace(old, new).as_bytes());
    assert_eq!(with("申请退款金额", "别的"), Err(BadBill::Column("申请退款金额")));
    assert_eq!(with("2019-02-19 01:52:32", "yesterday"), Err(BadBill::Line { line: 3, reason: "a time cannot be read" }));
    assert_eq!(with("`0.03,`0.00,`\r", "`0.031,`0.00,`\r"), Err(BadBill::Line { line: 3, reason: "an amount has a fraction of a fen" }));
    assert_eq!(with("`SUCCESS,`OTHERS", "`OTHER,`OTHERS"), Err(BadBill::Line { line: 3, reason: "it is neither a payment nor a refund" }));
}

#[test]
fn a_fund_bill_has_what_came_in_and_went_out() {
    let bill = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号\n\
        `2026-11-25 10:00:00,`4200000001,`f1,`交易,`交易,`收入,`99.00,`1099.00,`system,`,`M1\n\
        `2026-11-25 11:00:00,`5030000001,`f2,`退款,`退款,`支出,`9.90,`1089.10,`system,`退款总金额9.90元,`R1\n\
        资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`2,`1,`99.00,`1,`9.90\n";
    let parsed = FundBill::parse(bill.as_bytes()).unwrap();
    assert_eq!(parsed.entries.iter().map(|entry| entry.change_fen).collect::<Vec<_>>(), [9_900, -990]);
    assert_eq!((parsed.entries[1].balance_fen, parsed.entries[1].voucher.as_str()), (108_910, "R1"));
    assert_eq!(FundBill::parse(bill.replace("`1,`9.90\n", "`1,`9.91\n").as_bytes()), Err(BadBill::Sum("支出金额")));
}

proptest! {
    #[test]
    fn amounts_are_exact(amount in -10_i64.pow(15)..10_i64.pow(15)) {
        let text = format!("{}{}.{:05}", if amount < 0 { "-" } else { "" }, amount.abs() / 100_000, amount.abs() % 100_000);
        prop_assert_eq!(millifen(&text), Some(amount));
    }

    #[test]
    fn nothing_else_is_an_amount(text in "[0-9.,+ -]{0,9}") {
        if let Some(read) = millifen(&text) {
            prop_assert_eq!(text.parse::<f64>().map(|yuan| (yuan * 100_000.0).round() as i64), Ok(read));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, tail in ".{0,200}") {
        let _ = TradeBill::parse(&bytes);
        let _ = FundBill::parse(format!("{TRADE_HEADER}`{tail}\n{TRADE_SUM_HEADER}`{tail}").as_bytes());
        let _ = TradeBill::parse(format!("{TRADE_HEADER}`{tail}\n{TRADE_SUM_HEADER}`{tail}").as_bytes());
    }
}

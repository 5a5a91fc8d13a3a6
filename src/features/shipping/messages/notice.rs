//! What a record of the journal leads to: a notice for the order's shopper, and the texts of its message. Pure.

use mallcore_actors::facts::Record;
use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{OrderFact, OrderMoved, OrderPaid, OrderRefunded, ParcelShipped, PaymentTaken};
use mallcore_actors::time::Timestamp;

use crate::platform::config::Messages;
use crate::platform::wechat::template::{Content, MessageTemplate};

/// What happened longer ago than this is not told any more, in milliseconds: an hour.
pub const AGE_MAX_MILLIS: u64 = 3_600_000;
/// Asia/Shanghai, in milliseconds.
const OFFSET_MILLIS: u64 = 8 * 3_600_000;

/// What has happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was paid.
    Paid,
    /// A parcel is on its way.
    Shipped,
    /// It was received.
    Completed,
    /// Money went back.
    Refunded,
}

impl Event {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Paid, Self::Shipped, Self::Completed, Self::Refunded];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Refunded => "refunded",
        }
    }

    /// The word for shoppers, at most five characters.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paid => "已支付",
            Self::Shipped => "已发货",
            Self::Completed => "已完成",
            Self::Refunded => "已退款",
        }
    }

    /// The template that is configured for it.
    pub const fn template(self, messages: &Messages) -> Option<&MessageTemplate> {
        match self {
            Self::Paid => messages.paid.as_ref(),
            Self::Shipped => messages.shipped.as_ref(),
            Self::Completed => messages.completed.as_ref(),
            Self::Refunded => messages.refunded.as_ref(),
        }
    }
}

/// Something that a shopper may want to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What has happened.
    pub event: Event,
    /// To which order.
    pub order: OrderId,
    /// Whose it is.
    pub user: UserId,
    /// The order's version from then on.
    pub version: u32,
    /// When it happened.
    pub at: Timestamp,
    /// How much was paid or given back, as far as the record says it.
    pub amount: Option<Money>,
    /// Carrier's code and number of the parcel.
    pub parcel: Option<(String, String)>,
}

impl Notice {
    /// What a record leads to; none for what nobody is told of.
    pub fn of(record: &Record) -> Option<Self> {
        let Fact::Orders(fact) = &record.fact else { return None };
        let notice = |event, order, user, version| Self { event, order, user, version, at: record.header.at, amount: None, parcel: None };
        match fact {
            OrderFact::Paid(OrderPaid { order, user, version, .. }) => Some(notice(Event::Paid, *order, *user, *version)),
            OrderFact::PaymentTaken(PaymentTaken { order, user, version, payment, .. }) => {
                Some(Self { amount: Some(payment.amount), ..notice(Event::Paid, *order, *user, *version) })
            }
            OrderFact::TradeTaken(paid) => {
                let PaymentTaken { order, user, version, payment, .. } = &paid.taken;
                Some(Self { amount: Some(payment.amount), ..notice(Event::Paid, *order, *user, *version) })
            }
            OrderFact::Shipped(OrderMoved { order, user, version }) => Some(notice(Event::Shipped, *order, *user, *version)),
            OrderFact::ParcelShipped(ParcelShipped { order, user, version, parcel, .. }) => {
                let parcel = (parcel.carrier.as_str().to_owned(), parcel.tracking.as_str().to_owned());
                Some(Self { parcel: Some(parcel), ..notice(Event::Shipped, *order, *user, *version) })
            }
            OrderFact::Completed(OrderMoved { order, user, version }) => Some(notice(Event::Completed, *order, *user, *version)),
            OrderFact::Refunded(OrderRefunded { order, user, version, refund, .. }) => {
                Some(Self { amount: refund.amount(), ..notice(Event::Refunded, *order, *user, *version) })
            }
            _ => None,
        }
    }

    /// Whether it is too late to tell.
    pub const fn is_stale(&self, now: Timestamp) -> bool {
        now.millis_since(self.at) > AGE_MAX_MILLIS
    }
}

/// What is known of the order beside its notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Number of the order.
    pub order_no: String,
    /// Names of its products.
    pub names: Vec<String>,
    /// What had to be paid.
    pub payable: Money,
    /// The carrier's name.
    pub carrier: Option<String>,
}

/// The text that stands for a content of a template. None is empty: WeChat refuses a message with an empty text.
pub fn text(content: Content, notice: &Notice, about: &About) -> String {
    let or_dash = |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned());
    match content {
        Content::OrderNo => about.order_no.clone(),
        Content::Amount => amount(notice.amount.unwrap_or(about.payable)),
        Content::Goods => or_dash(goods(&about.names)),
        Content::Status => notice.event.word().to_owned(),
        Content::Time => time(notice.at),
        Content::Carrier => or_dash(about.carrier.clone()),
        Content::TrackingNo => or_dash(notice.parcel.as_ref().map(|(_, number)| number.clone())),
    }
}

fn amount(amount: Money) -> String {
    let fen = amount.fen();
    format!("{}.{:02}元", fen / 100, fen % 100)
}

fn goods(names: &[String]) -> Option<String> {
    let first = names.first()?;
    Some(match names.len() {
        1 => first.clone(),
        // The number stays readable however long the name is.
        several => format!("{}等{several}种商品", first.chars().take(10).collect::<String>()),
    })
}

/// `2026年11月26日 16:30`, in Asia/Shanghai.
fn time(at: Timestamp) -> String {
    let local = chrono::DateTime::from_timestamp_millis(i64::try_from(at.plus_millis(OFFSET_MILLIS).millis()).unwrap_or(0));
    local.unwrap_or_default().format("%Y年%-m月%-d日 %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            event: Event::Shipped,
            order: OrderId::new(7).unwrap(),
            user: UserId::new(1).unwrap(),
            version: 3,
            // 2026-11-26T08:30:00Z
            at: Timestamp::from_millis(1_795_681_800_000),
            amount: None,
            parcel: Some(("SF".to_owned(), "SF1001".to_owned())),
        }
    }

    #[test]
    fn each_content_has_its_text() {
        let about = About {
            order_no: "20261124".to_owned(),
            names: vec!["保温杯".to_owned(), "毛巾".to_owned()],
            payable: Money::from_fen(12_905).unwrap(),
            carrier: Some("顺丰速运".to_owned()),
        };
        let shown = |content| text(content, &notice(), &about);
        assert_eq!(shown(Content::Amount), "129.05元");
        assert_eq!(shown(Content::Goods), "保温杯等2种商品");
        assert_eq!(shown(Content::Time), "2026年11月26日 16:30");
        assert_eq!((shown(Content::Carrier), shown(Content::TrackingNo)), ("顺丰速运".to_owned(), "SF1001".to_owned()));
        assert_eq!(shown(Content::Status), "已发货");
        let nothing = Notice { parcel: None, ..notice() };
        for content in [Content::Goods, Content::Carrier, Content::TrackingNo] {
            assert_eq!(text(content, &nothing, &About::default()), "-", "{content:?}");
        }
    }

    #[test]
    fn what_is_an_hour_old_is_not_told() {
        assert!(!notice().is_stale(notice().at.plus_millis(AGE_MAX_MILLIS)));
        assert!(notice().is_stale(notice().at.plus_millis(AGE_MAX_MILLIS + 1)));
    }
}

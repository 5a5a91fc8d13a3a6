//! What a row can ask for. A kind and its body never change once released, like a record of the journal: rows outlive the release.

use mallcore_actors::ids::{AfterSaleId, OrderId, RefundId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Carrier, LinePieces, Tracking};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::Change;
use mallcore_actors::stock::adjustment::{Delta, Operator, Reason};
use serde::{Deserialize, Serialize};

use super::topic::{RowChanged, Topic};

/// Where rows are carried to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// This process: actors and the snapshots that shoppers read.
    Shop,
    /// The broker that other services listen to.
    Events,
    /// The caches in Redis.
    Cache,
}

impl Destination {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Shop, Self::Events, Self::Cache];

    /// Its name in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Events => "events",
            Self::Cache => "cache",
        }
    }

    /// The column that says when it had a row.
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Shop => "shop_at",
            Self::Events => "events_at",
            Self::Cache => "cache_at",
        }
    }
}

/// What a cold write asks of the rest of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Change the stock of a SKU.
    AdjustStock(AdjustStock),
    /// Send a parcel of an order.
    ShipOrder(ShipOrder),
    /// Prices of a product are others from now on.
    PriceChanged(PriceChanged),
    /// A product was put on the shelf or taken off.
    StatusChanged(StatusChanged),
    /// Give money back for a case of after-sale that was approved.
    RefundAfterSale(RefundAfterSale),
    /// Money went back for a case of after-sale.
    AfterSaleCompleted(AfterSaleCompleted),
    /// A row changed that somebody holds a snapshot of.
    Changed(Topic, RowChanged),
}

/// A command to a SKU's actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustStock {
    /// The SKU whose pieces are changed.
    pub sku_id: SkuId,
    /// What is wanted.
    pub wanted: Wanted,
    /// The reason that the operator gave.
    pub reason: Reason,
    /// Name of the operator.
    pub operator: Operator,
}

/// A command to an order: a parcel leaves, or the shopper has picked the goods up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipOrder {
    /// Id of the order.
    pub order_id: OrderId,
    /// The shopper who owns it.
    pub user_id: UserId,
    /// Code of the carrier.
    pub carrier: Carrier,
    /// The parcel's number at the carrier: with it the parcel is known again.
    pub tracking_no: Tracking,
    /// What is in it.
    pub pieces: Vec<LinePieces>,
    /// The shopper has it already, because they came for it.
    pub is_received: bool,
    /// Name of the operator.
    pub operator: Operator,
}

/// So many more or fewer, or exactly so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Add so many, or take them away.
    By(Delta),
    /// Have so many available, if the counts are still those of this version.
    To {
        /// Pieces that there shall be.
        pieces: u32,
        /// `skus.version` as it was looked at.
        expected_version: u64,
    },
}

impl From<Wanted> for Change {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::By(delta) => Self::By(delta),
            Wanted::To { pieces, expected_version } => Self::To { pieces, expected: Sequence(expected_version) },
        }
    }
}

/// New prices, outside of orders and flash sales, where they are frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChanged {
    /// Id of the product.
    pub product_id: u64,
    /// The price that is shown for it.
    pub price_fen: Money,
    /// Each SKU whose price is another.
    pub skus: Vec<SkuPrice>,
    /// Who changed them.
    pub operator: Operator,
}

/// One SKU's new price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkuPrice {
    /// Id of the SKU.
    pub sku_id: SkuId,
    /// Price of a piece before.
    pub from_fen: Money,
    /// From now on.
    pub price_fen: Money,
}

/// A product's new place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChanged {
    /// Id of the product.
    pub product_id: u64,
    /// Whether it can be bought from now on.
    pub on_sale: bool,
    /// Who changed it.
    pub operator: Operator,
}

/// A command to the order of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAfterSale {
    /// Id of the case. What is refunded stands in its row.
    pub after_sale_id: AfterSaleId,
}

/// What went back for a case. Whoever gives coupons, points or growth back, or takes them away again, does so by this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterSaleCompleted {
    /// Id of the case.
    pub after_sale_id: AfterSaleId,
    /// The order that refunded.
    pub order_id: OrderId,
    /// The shopper who owns the order.
    pub user_id: UserId,
    /// By what the order knows the refund.
    pub refund_id: RefundId,
    /// `refund` or `return`.
    pub kind: String,
    /// All the money that went back, freight included.
    pub amount_fen: Money,
    /// Of that for freight.
    pub freight_fen: Money,
    /// Whether the pieces are available again.
    pub restock: bool,
    /// For which pieces.
    pub lines: Vec<CompletedLine>,
}

/// One line's part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedLine {
    /// Id of the SKU.
    pub sku_id: SkuId,
    /// Pieces that the shopper no longer pays for.
    pub quantity: Quantity,
    /// Money that went back for them.
    pub amount_fen: Money,
}

/// Why a row says nothing to this release.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// A later release wrote it.
    #[error("unknown kind {0}: a later release wrote it, start that one")]
    Kind(String),
    /// Somebody else wrote it.
    #[error("the payload of kind {kind} cannot be read: {cause}")]
    Payload {
        /// Kind of the row.
        kind: String,
        /// Where it cannot be read.
        cause: serde_json::Error,
    },
}

impl Message {
    /// Row `id` of a topic changed, appeared or was removed.
    pub const fn changed(topic: Topic, id: u64) -> Self {
        Self::Changed(topic, RowChanged { id })
    }

    /// The row of a snapshot that the message is about; none if it is about no row that snapshots hold.
    pub const fn renews(&self) -> Option<(Topic, u64)> {
        match self {
            // Counts follow the journal, not the outbox; what becomes of a refund is a message of its own.
            Self::AdjustStock(_) | Self::RefundAfterSale(_) | Self::ShipOrder(_) => None,
            Self::PriceChanged(PriceChanged { product_id, .. }) | Self::StatusChanged(StatusChanged { product_id, .. }) => {
                Some((Topic::Product, *product_id))
            }
            Self::AfterSaleCompleted(completed) => Some((Topic::AfterSale, completed.after_sale_id.get())),
            Self::Changed(topic, RowChanged { id }) => Some((*topic, *id)),
        }
    }

    /// The name of what is asked for.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::AdjustStock(_) => "stock.adjust",
            Self::ShipOrder(_) => "order.ship",
            Self::PriceChanged(_) => "product.price_changed",
            Self::StatusChanged(_) => "product.status_changed",
            Self::RefundAfterSale(_) => "after_sale.refund",
            Self::AfterSaleCompleted(_) => "after_sale.completed",
            Self::Changed(topic, _) => topic.kind(),
        }
    }

    /// Whose rows have to keep their order.
    pub fn aggregate(&self) -> String {
        match self {
            Self::AdjustStock(asked) => format!("sku:{}", asked.sku_id),
            Self::ShipOrder(asked) => format!("order:{}", asked.order_id),
            Self::PriceChanged(PriceChanged { product_id, .. }) | Self::StatusChanged(StatusChanged { product_id, .. }) => {
                format!("product:{product_id}")
            }
            Self::RefundAfterSale(RefundAfterSale { after_sale_id })
            | Self::AfterSaleCompleted(AfterSaleCompleted { after_sale_id, .. }) => {
                format!("{}:{after_sale_id}", Topic::AfterSale.name())
            }
            Self::Changed(topic, RowChanged { id }) => format!("{}:{id}", topic.name()),
        }
    }

    /// Whether this destination has to know.
    pub const fn goes_to(&self, destination: Destination) -> bool {
        match self {
            // The actor decides; what it decided reaches the broker by the journal, and caches hold no counts.
            Self::AdjustStock(_) | Self::RefundAfterSale(_) | Self::ShipOrder(_) => matches!(destination, Destination::Shop),
            Self::PriceChanged(_) | Self::StatusChanged(_) | Self::Changed(Topic::Product, _) => true,
            // Caches hold products; what else changes is for snapshots and other services.
            Self::AfterSaleCompleted(_) | Self::Changed(..) => matches!(destination, Destination::Shop | Destination::Events),
        }
    }

    /// The body as it is stored, and published where it goes to the broker.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::AdjustStock(body) => serde_json::to_string(body),
            Self::ShipOrder(body) => serde_json::to_string(body),
            Self::PriceChanged(body) => serde_json::to_string(body),
            Self::StatusChanged(body) => serde_json::to_string(body),
            Self::RefundAfterSale(body) => serde_json::to_string(body),
            Self::AfterSaleCompleted(body) => serde_json::to_string(body),
            Self::Changed(_, body) => serde_json::to_string(body),
        }
    }

    /// Reads what [`Self::payload`] wrote.
    pub fn read(kind: &str, payload: &str) -> Result<Self, BadMessage> {
        let read = match kind {
            "stock.adjust" => serde_json::from_str(payload).map(Self::AdjustStock),
            "order.ship" => serde_json::from_str(payload).map(Self::ShipOrder),
            "product.price_changed" => serde_json::from_str(payload).map(Self::PriceChanged),
            "product.status_changed" => serde_json::from_str(payload).map(Self::StatusChanged),
            "after_sale.refund" => serde_json::from_str(payload).map(Self::RefundAfterSale),
            "after_sale.completed" => serde_json::from_str(payload).map(Self::AfterSaleCompleted),
            other => match Topic::of_kind(other) {
                Some(topic) => serde_json::from_str(payload).map(|body| Self::Changed(topic, body)),
                None => return Err(BadMessage::Kind(other.to_owned())),
            },
        };
        read.map_err(|cause| BadMessage::Payload { kind: kind.to_owned(), cause })
    }
}

#[cfg(test)]
mod tests {
    use mallcore_actors::quantity::Quantity;

    use super::*;

    fn operator() -> Operator {
        Operator::parse("小王").unwrap()
    }

    #[test]
    fn every_message_reads_back_and_old_rows_stay_readable() {
        let sku_id = SkuId::new(7).unwrap();
        let fen = |fen| Money::from_fen(fen).unwrap();
        let prices = vec![SkuPrice { sku_id, from_fen: fen(1), price_fen: fen(2) }];
        let reason = Reason::parse("盘点").unwrap();
        let adjust = |wanted| Message::AdjustStock(AdjustStock { sku_id, wanted, reason: reason.clone(), operator: operator() });
        let after_sale_id = AfterSaleId::new(9).unwrap();
        let completed = AfterSaleCompleted {
            after_sale_id,
            order_id: OrderId::new(5).unwrap(),
            user_id: UserId::new(4).unwrap(),
            refund_id: RefundId::new(6).unwrap(),
            kind: "return".to_owned(),
            amount_fen: fen(12),
            freight_fen: fen(2),
            restock: true,
            lines: vec![CompletedLine { sku_id, quantity: Quantity::new(1).unwrap(), amount_fen: fen(10) }],
        };
        for (message, stored) in [
            (adjust(Wanted::By(Delta::new(-5).unwrap())), r#"{"sku_id":7,"wanted":{"by":-5},"reason":"盘点","operator":"小王"}"#),
            (
                adjust(Wanted::To { pieces: 3, expected_version: 9 }),
                r#"{"sku_id":7,"wanted":{"to":{"pieces":3,"expected_version":9}},"reason":"盘点","operator":"小王"}"#,
            ),
            (
                Message::PriceChanged(PriceChanged { product_id: 3, price_fen: fen(2), skus: prices, operator: operator() }),
                r#"{"product_id":3,"price_fen":2,"skus":[{"sku_id":7,"from_fen":1,"price_fen":2}],"operator":"小王"}"#,
            ),
            (
                Message::StatusChanged(StatusChanged { product_id: 3, on_sale: false, operator: operator() }),
                r#"{"product_id":3,"on_sale":false,"operator":"小王"}"#,
            ),
            (Message::RefundAfterSale(RefundAfterSale { after_sale_id }), r#"{"after_sale_id":9}"#),
            (
                Message::AfterSaleCompleted(completed),
                r#"{"after_sale_id":9,"order_id":5,"user_id":4,"refund_id":6,"kind":"return","amount_fen":12,"freight_fen":2,"restock":true,"lines":[{"sku_id":7,"quantity":1,"amount_fen":10}]}"#,
            ),
            (
                Message::ShipOrder(ShipOrder {
                    order_id: OrderId::new(9).unwrap(),
                    user_id: UserId::new(4).unwrap(),
                    carrier: Carrier::parse("SF").unwrap(),
                    tracking_no: Tracking::parse("SF1").unwrap(),
                    pieces: vec![LinePieces { sku: sku_id, quantity: Quantity::new(2).unwrap() }],
                    is_received: false,
                    operator: operator(),
                }),
                r#"{"order_id":9,"user_id":4,"carrier":"SF","tracking_no":"SF1","pieces":[{"sku":7,"quantity":2}],"is_received":false,"operator":"小王"}"#,
            ),
            (Message::changed(Topic::FreightTemplate, 3), r#"{"id":3}"#),
        ] {
            assert_eq!(message.payload().unwrap(), stored);
            assert_eq!(Message::read(message.kind(), stored).unwrap(), message);
        }
    }

    #[test]
    fn what_breaks_a_rule_is_no_message() {
        for wrong in [r#"{"sku_id":0,"wanted":{"by":-5},"reason":"a","operator":"b"}"#, r#"{"sku_id":7}"#, "", "[]"] {
            assert!(matches!(Message::read("stock.adjust", wrong), Err(BadMessage::Payload { .. })), "{wrong}");
        }
        assert!(matches!(Message::read("banner.changed", "{}"), Err(BadMessage::Payload { .. })));
        assert!(matches!(Message::read("banner.renamed", "{}"), Err(BadMessage::Kind(_))));
    }
}

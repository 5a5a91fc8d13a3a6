//! From pieces to an order: `/orders/preview` and `POST /orders`.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, post, web};
use mallcore_actors::engine::Claim;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{AddressId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{BadOrder, Basket, Delivery, LINES_MAX, Refused, Remark, Status};
use mallcore_actors::pricing::NoPrice;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::Receipt;
use mallcore_actors::values::region::RegionCode;
use mallcore_actors::values::text::BadText;
use serde::Serialize;
use utoipa::ToSchema;

use super::Orders;
use super::bodies::{OrderBody, PreviewBody, Wanted};
use super::handle::first_answer;
use super::quote::{Dead, NoQuote, Priced, Quote};
use super::quote_view::QuoteView;
use crate::features::addresses::{AddressError, Addresses};
use crate::features::carts::Carts;
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::idempotency::IdempotencyKey;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::state::State;
use crate::platform::http::wording;
use crate::platform::rfc3339::Rfc3339;

/// An order, as it was when it was placed: every attempt with the same key is answered so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderPlaced)]
pub struct PlacedView {
    /// Id of the order.
    pub order_id: u64,
    /// The number that shoppers see, as in `Location`.
    #[schema(example = "20261124003005000000100000011")]
    pub order_no: String,
    /// `pending_payment`, whatever became of the order since.
    #[schema(value_type = String, example = "pending_payment")]
    pub status: &'static str,
    /// What has to be paid, in fen.
    pub payable_fen: u64,
    /// When it was placed.
    pub placed_at: Rfc3339,
    /// Until when it has to be paid.
    pub expires_at: Rfc3339,
}

impl From<&Receipt> for PlacedView {
    fn from(receipt: &Receipt) -> Self {
        Self {
            order_id: receipt.order.get(),
            order_no: receipt.no.to_string(),
            status: Status::PendingPayment.name(),
            payable_fen: receipt.payable.fen(),
            placed_at: receipt.placed_at.into(),
            expires_at: receipt.expires_at.into(),
        }
    }
}

/// What an order would cost
///
/// Nothing is held and nothing is promised: prices and stock are those of now. Lines that cannot be bought now are named, as an order would
/// name them. Without an address, freight that depends on the region is null.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_preview",
    request_body = PreviewBody,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The quote", body = QuoteView),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_product, unknown_address: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "off_sale, sold_out, nothing_selected, no_delivery, freight_unknown", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "busy, warming, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/orders/preview")]
pub async fn preview(
    body: RawBody,
    shopper: Shopper,
    orders: Provided<Orders>,
    carts: Provided<Carts>,
    addresses: Provided<Addresses>,
) -> Result<HttpResponse, Problem> {
    let body: PreviewBody = body.json()?;
    let wanted = Wanted::of(body.items.as_deref())?;
    let destination = match address(body.address_id)? {
        None => None,
        Some(id) => Some(addresses.region(shopper.0, id).await?.ok_or_else(unknown_address)?),
    };
    let lines = lines(&orders, &carts, shopper.0, &wanted).await?;
    let quote = orders.quote(&lines, destination).await.map_err(|none| unquoted(none, &wanted, &lines))?;
    Ok(HttpResponse::Ok().json(QuoteView::from(&quote)))
}

/// Order the selected lines of the cart, or some items
///
/// Sent to `address_id`, one of the shopper's own addresses. All of it or nothing: pieces are held until the order is paid, cancelled, or its
/// time is over. Names, prices and pictures are frozen.
/// The same key and body again gets the first answer.
///
/// **Keep the key until the outcome is known.** A client that got no answer, or a 503, has to repeat the request with the same `Idempotency-Key`.
/// Each new key is a new order. Make the key when the shopper opens the confirmation page, and a new one only after an answer of 200, 201, or
/// 4xx other than 408 and 429. Of two keys for one cart at the same time one orders it: the other is told `busy`, and afterwards finds the
/// lines gone (`nothing_selected`, or `price_changed` if others are left).
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_place",
    request_body = OrderBody,
    params(IdempotencyKey),
    security(("bearer" = [])),
    responses(
        (status = 201, description = "Placed", body = PlacedView),
        (status = 200, description = "Placed by an earlier attempt", body = PlacedView),
        (status = 400, description = "malformed_json, body_unreadable, header_missing, header_invalid, header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_product, unknown_address: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "sold_out, off_sale, nothing_selected, no_delivery, freight_unknown, too_many_unpaid, price_changed: with the new `quote`", body = ProblemDocument),
        (status = 422, description = "validation_failed, idempotency_mismatch", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/orders")]
pub async fn create(
    body: RawBody,
    shopper: Shopper,
    key: IdempotencyKey,
    orders: Provided<Orders>,
    carts: Provided<Carts>,
    addresses: Provided<Addresses>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let body: OrderBody = body.json()?;
    let wanted = Wanted::of(body.items.as_deref())?;
    let remark = remark(body.remark.as_deref())?;
    let request = (key.hash("orders"), fingerprint(&wanted, &body));
    if let Some(answer) = orders.remembered(shopper.0, request.0, request.1).await {
        return Ok(repeat(&answer??));
    }
    let fresh = async {
        let (delivery, destination) = delivery(&addresses, shopper.0, body.address_id, remark.as_ref(), request.0).await?;
        // Of two orders of one cart at the same time the second is told `busy`, and finds the lines of the first gone when it comes again.
        let turn = if wanted == Wanted::Cart { Some(orders.claim_cart(shopper.0)?) } else { None };
        let lines = lines(&orders, &carts, shopper.0, &wanted).await?;
        let priced = orders.quote_once(&lines, Some(destination), (shopper.0, request.0)).await;
        let quote = match priced.map_err(|none| unquoted(none, &wanted, &lines))? {
            Priced::Placed(receipt, first) => return Ok(Fresh::Placed(first_answer(receipt, first, request.1)?)),
            Priced::Quote(quote) => quote,
        };
        let dead = quote.dead();
        // Who expects another price may not have counted what cannot be bought, as the cart does not: that is told first.
        let basket = basket(shopper.0, quote, &body, request).map_err(|problem| match problem.code {
            "price_changed" if !dead.is_empty() => unquoted(NoQuote::Dead(dead), &wanted, &lines),
            _ => problem,
        });
        let basket = basket?.sent_to(delivery);
        Ok::<_, Problem>(Fresh::Basket(if turn.is_some() { basket.from_cart() } else { basket }, turn))
    };
    let (basket, turn) = match fresh.await {
        Ok(Fresh::Basket(basket, turn)) => (basket, turn),
        Ok(Fresh::Placed(receipt)) => return Ok(repeat(&receipt)),
        // The attempt before may have come through meanwhile, and have changed the cart.
        Err(problem) => return answered(&orders, shopper.0, request).await?.ok_or(problem),
    };
    let placed = orders.place(basket, turn).await?.map_err(|refused| unplaced(refused, &wanted))?;
    let view = PlacedView::from(&placed.receipt);
    if placed.repeat {
        return Ok(HttpResponse::Ok().json(view));
    }
    let location = format!("{}/orders/{}", state.prefix, view.order_no);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(view))
}

async fn answered(orders: &Orders, user: UserId, (key, body): (KeyHash, BodyFingerprint)) -> Result<Option<HttpResponse>, Problem> {
    match orders.answered(user, key, body).await.map_err(|_| Problem::database_unavailable())? {
        None => Ok(None),
        Some(answer) => Ok(Some(repeat(&answer??))),
    }
}

fn repeat(receipt: &Receipt) -> HttpResponse {
    HttpResponse::Ok().json(PlacedView::from(receipt))
}

/// What a request leads to that memory does not know.
enum Fresh {
    /// It is to be ordered, under the claim of the cart that it is from.
    Basket(Basket, Option<Claim>),
    /// Only the database knew: it has placed this order before.
    Placed(Receipt),
}

/// The quote as an order, if it is what the shopper expects to pay.
fn basket(user: UserId, quote: Quote, body: &OrderBody, request: (KeyHash, BodyFingerprint)) -> Result<Basket, Problem> {
    // What has to be paid is not known either then.
    let Some(freight) = quote.costs.freight else { return Err(Problem::field("address_id", "required")) };
    if quote.costs.payable.map(Money::fen) != Some(body.expected_payable_fen) {
        let now = serde_json::to_value(QuoteView::from(&quote)).unwrap_or_default();
        return Err(Problem::new(StatusCode::CONFLICT, "price_changed").naming("expected_payable_fen", "price_changed").quoting(now));
    }
    Basket::new(user, quote.lines, freight, request).map_err(bad)
}

/// The shopper's own address, sealed with the remark for the order that this request places, and its region. Everything is sent.
async fn delivery(
    addresses: &Addresses,
    user: UserId,
    id: Option<u64>,
    remark: Option<&Remark>,
    request: KeyHash,
) -> Result<(Delivery, RegionCode), Problem> {
    let id = address(id)?.ok_or_else(|| Problem::field("address_id", "required"))?;
    match addresses.delivery(user, id, remark, request).await {
        Ok(delivery) => Ok(delivery),
        Err(AddressError::Unknown(_)) => Err(unknown_address()),
        Err(error) => Err(error.into()),
    }
}

/// There is none, or it is another's.
fn unknown_address() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_address").naming("address_id", "unknown_address")
}

fn bad(bad: BadOrder) -> Problem {
    match bad {
        BadOrder::Lines | BadOrder::Texts => Problem::field("items", "too_long"),
        BadOrder::Amounts => Problem::field("items", "out_of_range"),
    }
}

/// Garde has checked the range.
fn address(id: Option<u64>) -> Result<Option<AddressId>, Problem> {
    id.map(AddressId::new).transpose().map_err(|_| Problem::field("address_id", "out_of_range"))
}

/// The lines that are wanted: 1 to [`LINES_MAX`]. Those of a cart that an order has bought are not its shopper's to order once more.
async fn lines(orders: &Orders, carts: &Carts, user: UserId, wanted: &Wanted) -> Result<Vec<(SkuId, Quantity)>, Problem> {
    let lines: Vec<(SkuId, Quantity)> = match wanted {
        Wanted::Items(items) => items.clone(),
        Wanted::Cart => {
            let cart = carts.get(user).await??;
            let selected = cart.lines.iter().filter(|line| line.selected && !orders.has_bought(user, line));
            selected.map(|line| (line.sku, line.quantity)).collect()
        }
    };
    if lines.is_empty() {
        return Err(Problem::new(StatusCode::CONFLICT, "nothing_selected").naming("items", "nothing_selected"));
    }
    if lines.len() > LINES_MAX {
        return Err(Problem::field("items", "too_long"));
    }
    Ok(lines)
}

impl Dead {
    /// The code of a refusal for this reason.
    const fn code(self) -> &'static str {
        match self {
            Self::OffShelf => "off_sale",
            Self::SoldOut => "sold_out",
        }
    }
}

/// Why these lines have no price.
fn unquoted(none: NoQuote, wanted: &Wanted, lines: &[(SkuId, Quantity)]) -> Problem {
    let naming = |problem: Problem, skus: &[SkuId], code: &'static str| {
        let places = lines.iter().enumerate().filter(|(_, (sku, _))| skus.contains(sku));
        places.fold(problem, |problem, (place, (sku, _))| match wanted {
            Wanted::Items(_) => problem.naming(format!("items[{place}].sku_id"), code),
            Wanted::Cart => problem.naming(format!("cart.{sku}"), code),
        })
    };
    match none {
        NoQuote::Unknown(skus) => naming(Problem::new(StatusCode::NOT_FOUND, "unknown_product"), &skus, "unknown_product"),
        NoQuote::Dead(dead) => {
            // The problem is the first line's; each line has its own.
            let first = dead.first().map_or("off_sale", |(_, why)| why.code());
            let naming = |problem: Problem, (sku, why): &(SkuId, Dead)| naming(problem, &[*sku], why.code());
            dead.iter().fold(Problem::new(StatusCode::CONFLICT, first), naming)
        }
        NoQuote::Price(NoPrice::NoDelivery(skus)) => naming(Problem::new(StatusCode::CONFLICT, "no_delivery"), &skus, "no_delivery"),
        NoQuote::Price(NoPrice::FreightUnknown(skus)) => {
            naming(Problem::new(StatusCode::CONFLICT, "freight_unknown"), &skus, "freight_unknown")
        }
        NoQuote::Price(NoPrice::TooMuch) => Problem::field("items", "out_of_range"),
        NoQuote::Database(_) => Problem::database_unavailable(),
    }
}

/// Why the basket is not ordered; the line that is short, if it is one.
fn unplaced(Refused { refusal, sku }: Refused, wanted: &Wanted) -> Problem {
    let problem = Problem::from(refusal);
    let Some(sku) = sku else { return problem };
    match wanted {
        Wanted::Cart => problem.naming(format!("cart.{sku}"), refusal.code()),
        Wanted::Items(items) => match items.iter().position(|(wanted, _)| *wanted == sku) {
            Some(place) => problem.naming(format!("items[{place}].sku_id"), refusal.code()),
            None => problem,
        },
    }
}

/// Blank is none.
fn remark(text: Option<&str>) -> Result<Option<Remark>, Problem> {
    match text.map(Remark::typed) {
        None | Some(Err(BadText::Blank)) => Ok(None),
        Some(Ok(remark)) => Ok(Some(remark)),
        Some(Err(BadText::Long { .. })) => Err(Problem::field("remark", "too_long")),
        Some(Err(BadText::Control | BadText::Hidden)) => Err(Problem::invalid("remark", wording::TYPED)),
    }
}

/// Over the fields in one order, so that spelling does not matter.
fn fingerprint(wanted: &Wanted, body: &OrderBody) -> BodyFingerprint {
    let items = match wanted {
        Wanted::Cart => "cart".to_owned(),
        Wanted::Items(items) => {
            let mut items = items.clone();
            items.sort_unstable_by_key(|(sku, _)| *sku);
            items.iter().map(|(sku, quantity)| format!("{sku}:{}", quantity.get())).collect::<Vec<_>>().join(",")
        }
    };
    let (expected, address) = (Money::from_fen(body.expected_payable_fen), body.address_id.unwrap_or_default());
    let expected = expected.map_or(u64::MAX, Money::fen);
    BodyFingerprint::of(format!("{items}|{expected}|{address}|{}", body.remark.as_deref().unwrap_or_default().trim()).as_bytes())
}

//! The way of a purchase once more, for the head of the application: found by the beginning of its path, and without what a documented route
//! brings along (a regular expression, three boxed futures, extractors that are made before they are asked).
//! - E1 it answers what `routes::buy` answers: both end in `routes::purchase`. What it does not know at once, such as an id that is none, is
//!   left to that route.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::{AppService, HttpServiceFactory, ResourceDef, ServiceRequest, ServiceResponse, fn_service};
use actix_web::guard::{Guard, GuardContext};
use actix_web::http::{ConnectionType, Method};
use actix_web::{Error, HttpResponse, ResponseError};
use mallcore_actors::ids::FlashItemId;

use super::routes::Counter;
use super::{Seckill, routes};
use crate::features::addresses::Addresses;
use crate::platform::auth::Shopper;
use crate::platform::http::body::Reading;
use crate::platform::http::idempotency::IdempotencyKey;
use crate::platform::http::path::ParsePath;
use crate::platform::http::problem::Problem;
use crate::platform::http::state::State;

/// The way of a purchase.
pub struct Express(Arc<State>);

/// What a purchase needs; one for each worker.
struct Purchases {
    state: Arc<State>,
    seckill: Arc<Seckill>,
    addresses: Arc<Addresses>,
}

impl Express {
    /// Below the shop's prefix.
    pub fn new(state: Arc<State>) -> Self {
        Self(state)
    }
}

impl HttpServiceFactory for Express {
    fn register(self, config: &mut AppService) {
        let Self(state) = self;
        // Without the handles the documented route says what is wrong.
        let (Some(seckill), Some(addresses)) = (state.handles.get::<Seckill>(), state.handles.get::<Addresses>()) else { return };
        let items = ResourceDef::prefix(format!("{}/seckill/items", state.prefix));
        let guard: Box<dyn Guard> = Box::new(IsPurchase(Arc::clone(&state)));
        let purchases = Rc::new(Purchases { state, seckill, addresses });
        let service = move |request| answer(Rc::clone(&purchases), request);
        config.register_service(items, Some(vec![guard]), fn_service(service), None);
    }
}

struct IsPurchase(Arc<State>);

impl Guard for IsPurchase {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        let head = context.head();
        head.method == Method::POST && item(head.uri.path(), &self.0.prefix).is_some()
    }
}

fn item(path: &str, prefix: &str) -> Option<FlashItemId> {
    let id = path.strip_prefix(prefix)?.strip_prefix("/seckill/items/")?.strip_suffix("/orders")?;
    FlashItemId::parse(id)
}

async fn answer(purchases: Rc<Purchases>, mut request: ServiceRequest) -> Result<ServiceResponse, Error> {
    let response = purchase(&purchases, &mut request).await.unwrap_or_else(|problem| problem.error_response());
    Ok(request.into_response(response))
}

async fn purchase(purchases: &Purchases, request: &mut ServiceRequest) -> Result<HttpResponse, Problem> {
    let counter = Counter { state: &purchases.state, seckill: &purchases.seckill, addresses: &purchases.addresses };
    let state = counter.state;
    let payload = request.parts_mut().1.take();
    let mut body = Reading::new(request.headers(), payload, state);
    let arrived = body.arrived().await;
    let shopper = match Shopper::of(request.headers(), state) {
        Ok(shopper) => shopper,
        Err(problem) => {
            let mut refused = problem.error_response();
            if arrived.is_none() {
                // Whoever has no token is not waited for, and the rest of their request neither.
                refused.head_mut().set_connection_type(ConnectionType::Close);
            }
            return Ok(refused);
        }
    };
    let body = match arrived {
        Some(body) => body,
        None => body.await?,
    };
    // The guard has found it.
    let item = item(request.path(), &state.prefix).ok_or_else(|| Problem::unknown("unknown_item"))?;
    let key = IdempotencyKey::of(request.headers())?;
    let body = body.parse()?;
    let hash = |scope: &str| {
        let hash = key.hash(scope);
        // Nobody needs the head any more, and to let go of it now, while it is in the cache, is cheaper than after the wait.
        request.headers_mut().clear();
        hash
    };
    routes::purchase(counter, shopper, item, body, hash).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_path_is_a_purchase() {
        let item = |path| item(path, "/v1").map(FlashItemId::get);
        assert_eq!(item("/v1/seckill/items/7/orders"), Some(7));
        for other in ["/v1/seckill/items/7", "/v1/seckill/items//orders", "/v1/seckill/items/7/8/orders", "/v1/seckill/items/0/orders"] {
            assert_eq!(item(other), None, "{other}");
        }
        for other in
            ["/v2/seckill/items/7/orders", "/v1/seckill/items/7/orders/", "/v1/seckill/items/%37/orders", "/v1/seckill/items/07/orders"]
        {
            assert_eq!(item(other), None, "{other}");
        }
    }
}

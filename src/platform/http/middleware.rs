//! Around every request: the address's token, meters, security headers, and a net under panics.
//! Written by hand because it is on the way of every purchase: no boxed future, no allocation.

use std::future::{Future, Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::{Error, ResponseError};

use super::connection::Progress;
use super::cors::Cors;
use super::parameterless::Parameterless;
use super::problem::Problem;
use super::state::State;
use super::table::Pattern;

/// The middleware; one for all workers.
#[derive(Clone)]
pub struct Middleware {
    /// What every worker shares.
    pub state: Arc<State>,
    /// Routes whose queries are refused here.
    pub parameterless: Parameterless,
}

/// The middleware in one worker.
pub struct MiddlewareService<S> {
    inner: S,
    state: Arc<State>,
    parameterless: Parameterless,
}

impl<S, B> Transform<S, ServiceRequest> for Middleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: Unpin,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = MiddlewareService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(MiddlewareService { inner, state: self.state.clone(), parameterless: self.parameterless.clone() }))
    }
}

impl<S, B> Service<ServiceRequest> for MiddlewareService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: Unpin,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = MiddlewareFuture<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        // HEAD is GET without the body (RFC 9110, 9.3.2): routes take GET, and actix-http leaves the body out.
        if *request.method() == Method::HEAD {
            request.head_mut().method = Method::GET;
        }
        let place = self.state.table.place(request.path(), &self.state.prefix);
        // Requests of a test that brings no connection have none.
        let progress = request.conn_data::<Rc<Progress>>().cloned();
        let watch = Watch { state: self.state.clone(), place, started: Instant::now(), progress };
        watch.state.meters.in_flight.increment(1.0);
        watch.state.in_flight.enter();
        let overflow = watch.progress.as_ref().and_then(|progress| {
            progress.request();
            progress.overflow()
        });
        // Probes come from few addresses and must never be told to wait.
        let limited = !request.path().starts_with("/health/");
        let token = match overflow {
            _ if !limited => Ok(()),
            Some(limit) => Err(Problem::overflow(limit)),
            // Its handler bounds those who have not signed it.
            None if may_be_signed(&watch.state.table[place], &request) => Ok(()),
            None => watch.state.take_from_address(request.peer_addr(), request.headers()),
        };
        let token = token.and_then(|()| self.parameterless.check(place, request.method(), request.uri().query()));
        // Before the handler has it: a handler may let go of the head before it waits.
        let origin = watch.state.cors.as_ref().and_then(|cors| cors.known(request.headers()).cloned());
        let stage = match token {
            Ok(()) => Stage::Inner(self.inner.call(request)),
            Err(problem) => Stage::Refused(Some(Box::new((request, problem)))),
        };
        MiddlewareFuture { stage, watch, origin }
    }
}

/// Whether the request reaches a handler that looks for a signature.
fn may_be_signed(route: &Pattern, request: &ServiceRequest) -> bool {
    route.signed_bytes_max.is_some() && *request.method() == Method::POST && request.uri().query().is_none()
}

/// A request on its way.
pub struct MiddlewareFuture<F> {
    stage: Stage<F>,
    watch: Watch,
    /// The page that asks, if it may read the answer.
    origin: Option<HeaderValue>,
}

enum Stage<F> {
    Inner(F),
    /// Taken when polled.
    Refused(Option<Box<(ServiceRequest, Problem)>>),
}

/// Counts the request in and, even if the client goes away, out.
struct Watch {
    state: Arc<State>,
    place: usize,
    started: Instant,
    progress: Option<Rc<Progress>>,
}

impl Watch {
    fn answered(&self, status: StatusCode, is_last: bool) {
        let now = Instant::now();
        self.state.meters.answered(self.place, status, now.saturating_duration_since(self.started));
        match &self.progress {
            Some(progress) if is_last => progress.answered_last(now),
            Some(progress) => progress.answered(now),
            None => {}
        }
    }

    /// Whether the client's next request has to come over another connection: to a process that stays, or to one that has room.
    fn closes(&self) -> bool {
        self.state.stopping.is_announced() || self.progress.as_ref().is_some_and(|progress| progress.overflow().is_some())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.state.meters.in_flight.decrement(1.0);
        self.state.in_flight.leave();
    }
}

impl<F, B> Future for MiddlewareFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>> + Unpin,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = match &mut self.stage {
            Stage::Inner(inner) => match catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll(context))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(answered)) => answered.map(ServiceResponse::map_into_left_body),
                Err(_) => Err(Problem::internal("a handler panicked").into()),
            },
            Stage::Refused(refused) => match refused.take() {
                Some(refused) => {
                    let (request, problem) = *refused;
                    Ok(request.into_response(problem.error_response()).map_into_right_body())
                }
                None => return Poll::Pending,
            },
        };
        let status = polled.as_ref().map_or_else(|error| error.as_response_error().status_code(), ServiceResponse::status);
        let is_last = self.watch.closes() || polled.as_ref().is_ok_and(closes);
        self.watch.answered(status, is_last);
        let origin = self.origin.take();
        Poll::Ready(polled.map(|mut response| {
            harden(response.headers_mut());
            if is_last {
                response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            }
            if self.watch.state.cors.is_some() {
                Cors::mark(origin, response.headers_mut());
            }
            response
        }))
    }
}

/// Whether the request's body was given up, or the handler says that it does not wait for it.
fn closes<B>(response: &ServiceResponse<B>) -> bool {
    matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE)
        || response.response().head().connection_type() == ConnectionType::Close
}

/// What OWASP asks of every answer; pages bring a policy of their own.
pub(super) fn harden(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
}

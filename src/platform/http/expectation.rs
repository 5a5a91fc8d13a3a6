//! Requests with `Expect: 100-continue`, whose clients send no body before they are told to (RFC 9110, 10.1.1): curl does so for large ones.
//! - X1 Whoever would be refused for what the head says, a body that is too long or encoded or a token that is missing or bad, is told so
//!   in place of `100 Continue`, and the body is never sent.
//! - X2 Everybody else is told to go on at once; from then on the body has the time limit of every other body (`body`).
//!
//! actix-http asks here before it calls the application, so what the middleware does for every answer is done here for these refusals.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_http::{Request, Response};
use actix_web::ResponseError;
use actix_web::body::BoxBody;
use actix_web::http::{ConnectionType, Method};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

use super::connection::Progress;
use super::problem::Problem;
use super::state::State;
use super::{body, middleware};
use crate::platform::auth::Shopper;

/// What is asked of a head before its body is waited for.
#[derive(Clone)]
pub struct Expectation {
    state: Arc<State>,
    /// Routes that want a shopper's token, by their places in the table of routes.
    with_token: Arc<HashSet<(usize, Method)>>,
}

impl Expectation {
    /// With the routes of this document that want a shopper's token.
    pub fn new(state: Arc<State>, document: &OpenApi) -> Self {
        let mut with_token = HashSet::new();
        for (path, item) in &document.paths.paths {
            let place = state.table.place(path, &state.prefix);
            let operations =
                [(Method::POST, &item.post), (Method::PUT, &item.put), (Method::PATCH, &item.patch), (Method::DELETE, &item.delete)];
            for (method, operation) in operations {
                if operation.as_ref().is_some_and(wants_bearer) {
                    with_token.insert((place, method));
                }
            }
        }
        Self { state, with_token: Arc::new(with_token) }
    }

    /// Whether the client may send its body.
    ///
    /// # Errors
    /// The refusal, with which the connection ends: nobody knows whether the body comes all the same.
    pub fn check(&self, request: &Request) -> Result<(), Response<BoxBody>> {
        let started = Instant::now();
        let progress = request.conn_data::<Rc<Progress>>();
        if progress.is_some_and(|progress| progress.overflow().is_some()) {
            // The application refuses it whatever it is.
            return Ok(());
        }
        let place = self.state.table.place(request.path(), &self.state.prefix);
        let Err(problem) = self.refuse(request, place) else { return Ok(()) };
        let limited = self.state.take_from_address(request.peer_addr(), &request.head().headers);
        let mut response = limited.err().unwrap_or(problem).error_response();
        middleware::harden(response.headers_mut());
        response.head_mut().set_connection_type(ConnectionType::Close);
        self.state.meters.answered(place, response.status(), started.elapsed());
        if let Some(progress) = progress {
            progress.request();
            progress.answered_last(Instant::now());
        }
        Err(response.into())
    }

    fn refuse(&self, request: &Request, place: usize) -> Result<(), Problem> {
        // The token first: nobody learns of their body's mistakes before saying who they are.
        if self.with_token.contains(&(place, request.method().clone())) {
            Shopper::verified(&request.head().headers, &self.state.verifier)?;
        }
        body::unread(&request.head().headers, self.state.table[place].body_bytes_max()).map_or(Ok(()), Err)
    }
}

/// Whether an operation wants a shopper's token.
pub(super) fn wants_bearer(operation: &Operation) -> bool {
    wants(operation, "bearer")
}

/// Whether an operation wants what this security scheme describes.
pub(super) fn wants(operation: &Operation, scheme: &str) -> bool {
    // The requirements' schemes are only to be seen in their JSON.
    let wanted = serde_json::to_value(&operation.security).unwrap_or_default();
    wanted.as_array().is_some_and(|schemes| schemes.iter().any(|wanted| wanted.get(scheme).is_some()))
}

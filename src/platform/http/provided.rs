//! The handle that a feature provides for its handlers.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::problem::Problem;
use super::state::State;

/// Extracts the handle of this type, which some feature of the shop provides when the shop is opened.
pub struct Provided<T>(Arc<T>);

impl<T> Deref for Provided<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync + 'static> FromRequest for Provided<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.app_data::<web::Data<State>>().and_then(|state| state.handles.get::<T>());
        ready(found.map(Self).ok_or_else(|| Problem::internal("a route whose feature provides nothing")))
    }
}

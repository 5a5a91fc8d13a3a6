//! Who asks, for handlers of the back office: [`Administrator`] wants a session, [`Permitted`] a permission as well.
//! - A1 A route whose handler takes neither is open to everybody; one that takes [`Permitted`] names its permission in its type, and whatever
//!   no role gives is forbidden.
//! - A2 What changes something has to come from a page of the back office: it proves that by the CSRF token, and no other site's page may send
//!   it.

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use super::cookie::{self, CSRF_HEADER};
use super::refusals::AdminError;
use super::service::Admins;
use super::signed::Signed;
use crate::platform::http::header::single;
use crate::platform::http::problem::Problem;
use crate::platform::http::state::State;

/// The administrator who asks. Routes that take one answer 401 to everybody else, and 403 to what no page of the back office has sent.
pub struct Administrator(pub Signed);

impl Administrator {
    async fn of(request: HttpRequest) -> Result<Self, Problem> {
        let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("a route without state"))?;
        let admins: Arc<Admins> = state.handles.get().ok_or_else(|| Problem::internal("nobody provides administrators"))?;
        let token = cookie::token(request.headers()).ok_or(AdminError::SignedOut)?;
        let signed = admins.signed(token).await?;
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            let sent = single(request.headers(), &CSRF_HEADER, "X-CSRF-Token")?;
            let is_proved = sent.is_some_and(|sent| cookie::is_csrf(&signed.token, sent));
            if !is_proved || cookie::is_cross_site(request.headers()) {
                return Err(AdminError::Forged.into());
            }
        }
        Ok(Self(signed))
    }

    /// Refuses whoever has no role that permits this.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`]
    pub fn require(&self, code: &'static str) -> Result<(), AdminError> {
        if self.0.rights.permit(code) { Ok(()) } else { Err(AdminError::Forbidden(code)) }
    }
}

impl FromRequest for Administrator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::of(request.clone()))
    }
}

/// A permission that a route needs.
pub trait Needs: 'static {
    /// Its code in `permissions`.
    const CODE: &'static str;
}

/// An administrator with this permission. Routes that take one also answer 403 `permission_denied`.
pub struct Permitted<N>(pub Administrator, PhantomData<N>);

impl<N: Needs> FromRequest for Permitted<N> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let administrator = Administrator::of(request.clone());
        Box::pin(async move {
            let administrator = administrator.await?;
            administrator.require(N::CODE)?;
            Ok(Self(administrator, PhantomData))
        })
    }
}

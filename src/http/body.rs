//! Bodies as they arrive: read whole, up to a limit.
//! - W1 nothing is read of a body that says it is too long, and nothing is kept of one that turns out to be.
//! - W2 a body that comes in one piece, as a purchase's does, is neither copied nor waited for twice.
//!
//! Not here: what a body means (`fields`).

use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::Stream;

use super::fields::{self, ParseBody};
use super::problem::Problem;

/// The largest body that is read, in bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// A body as it arrived. Extracted first, so that whatever is refused later leaves nothing unread in the connection, which would
/// have to be closed; parsed last, so that nobody learns of their body's mistakes before saying who they are.
pub struct RawBody(Result<Bytes, Problem>);

impl RawBody {
    /// Its bytes, for a route that reads them with [`super::json`].
    ///
    /// # Errors
    /// The problem that reading it ran into.
    pub fn json<T: serde::de::DeserializeOwned + garde::Validate<Context = ()>>(self) -> Result<T, Problem> {
        super::json::parse(&self.0?)
    }

    /// Its fields.
    pub fn parse<T: ParseBody>(self) -> Result<T, Problem> {
        fields::parse(&self.0?)
    }
}

impl FromRequest for RawBody {
    type Error = Infallible;
    type Future = Reading;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Reading {
        let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        Reading {
            payload: payload.take(),
            read: Bytes::new(),
            is_too_long: length.is_some_and(|length| length > BODY_BYTES_MAX),
            is_looked_for: false,
        }
    }
}

/// A body on its way.
pub struct Reading {
    payload: Payload,
    /// What has arrived of it.
    read: Bytes,
    is_too_long: bool,
    is_looked_for: bool,
}

impl Future for Reading {
    type Output = Result<RawBody, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.is_too_long {
            return Poll::Ready(Ok(RawBody(Err(too_large()))));
        }
        // actix-http calls a handler when it has a head, then reads the body, and polls the handler again in the same turn (InnerDispatcher,
        // `handle_request` and `poll_response`). To be woken for what has just been read would cost each purchase another turn.
        let mut quiet = Context::from_waker(Waker::noop());
        let context = if mem::replace(&mut self.is_looked_for, true) { context } else { &mut quiet };
        loop {
            match ready!(Pin::new(&mut self.payload).poll_next(context)) {
                Some(Ok(piece)) if self.read.len() + piece.len() > BODY_BYTES_MAX => {
                    self.read.clear();
                    return Poll::Ready(Ok(RawBody(Err(too_large()))));
                }
                Some(Ok(piece)) => self.add(piece),
                Some(Err(_)) => {
                    let unreadable = Problem::new(StatusCode::BAD_REQUEST, "body_unreadable").naming("body", "body_unreadable");
                    return Poll::Ready(Ok(RawBody(Err(unreadable))));
                }
                None => return Poll::Ready(Ok(RawBody(Ok(mem::take(&mut self.read))))),
            }
        }
    }
}

impl Reading {
    fn add(&mut self, piece: Bytes) {
        self.read = if self.read.is_empty() {
            piece
        } else {
            // Copied once, at the second piece: from then on the buffer is ours alone and grows.
            let mut read = BytesMut::from(mem::take(&mut self.read));
            read.extend_from_slice(&piece);
            read.freeze()
        };
    }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").naming("body", "body_too_large")
}

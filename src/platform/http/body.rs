//! Bodies as they arrive: read whole, up to a limit of bytes and of time.
//! - W1 nothing is read of a body that says it is too long or encoded, and nothing is kept of one that turns out to be too long.
//! - W2 a body that comes in one piece, as a purchase's does, is neither copied nor waited for twice, and needs no timer.
//! - W3 a request whose body is waited for does not count as in flight: it has changed nothing yet, so a stop need not wait for it.
//!
//! Not here: what a body means (`fields`).

use std::future::{Future, Ready, poll_fn, ready};
use std::mem;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use futures_util::Stream;
use futures_util::future::Either;
use tokio::time::{Sleep, sleep};

use super::fields::{self, ParseBody};
use super::problem::{Hint, Problem};
use super::state::State;

/// The largest body that is read, in bytes, but of routes whose sender signs it (`table::Pattern::signed`).
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

    /// Its bytes as they arrived, for a route whose sender has signed them.
    ///
    /// # Errors
    /// The problem that reading it ran into.
    pub fn bytes(self) -> Result<Bytes, Problem> {
        self.0
    }

    /// Reads the body's fields as this type.
    pub fn parse<T: ParseBody>(self) -> Result<T, Problem> {
        fields::parse(&self.0?)
    }
}

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Either<Reading<Arc<State>>, Ready<Result<Self, Problem>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        match request.app_data::<Data<State>>() {
            Some(state) => {
                let bytes_max = bytes_max(request, state);
                Either::Left(Reading::up_to(bytes_max, request.headers(), payload.take(), Arc::clone(state)))
            }
            None => Either::Right(ready(Err(Problem::internal("a route without state")))),
        }
    }
}

/// The longest body of the request's route. The table is asked only where the body may be longer than most.
fn bytes_max(request: &HttpRequest, state: &State) -> usize {
    match length(request.headers()) {
        Some(length) if length <= BODY_BYTES_MAX => BODY_BYTES_MAX,
        _ => state.table[state.table.place(request.path(), &state.prefix)].body_bytes_max(),
    }
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body on its way.
pub struct Reading<S: Deref<Target = State>> {
    payload: Payload,
    bytes_max: usize,
    /// What has arrived of it.
    read: Bytes,
    /// Why nothing is read at all.
    unread: Option<Unread>,
    is_looked_for: bool,
    state: S,
    /// Runs while the body is waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug, Clone, Copy)]
enum Unread {
    TooLong,
    Encoded,
}

impl Unread {
    fn of(headers: &HeaderMap, bytes_max: usize) -> Option<Self> {
        let is_encoded = headers.get_all(CONTENT_ENCODING).any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
        match length(headers) {
            _ if is_encoded => Some(Self::Encoded),
            Some(length) if length > bytes_max => Some(Self::TooLong),
            _ => None,
        }
    }
}

/// Why nothing is read of the body of a request with these headers, if nothing is.
pub(super) fn unread(headers: &HeaderMap, bytes_max: usize) -> Option<Problem> {
    Unread::of(headers, bytes_max).map(Problem::from)
}

impl<S: Deref<Target = State> + Unpin> Reading<S> {
    /// The body of a request with these headers, of most routes.
    pub fn new(headers: &HeaderMap, payload: Payload, state: S) -> Self {
        Self::up_to(BODY_BYTES_MAX, headers, payload, state)
    }

    fn up_to(bytes_max: usize, headers: &HeaderMap, payload: Payload, state: S) -> Self {
        let unread = Unread::of(headers, bytes_max);
        Self { payload, bytes_max, read: Bytes::new(), unread, is_looked_for: false, state, timer: None }
    }

    /// The body, if it has come along with its head; nobody is waited for. Whoever is told no after this and has sent a whole body keeps
    /// the connection, and whoever has not need not be waited for to be told.
    pub async fn arrived(&mut self) -> Option<RawBody> {
        poll_fn(|context| {
            let is_second_look = self.is_looked_for;
            match self.poll_pieces(context) {
                Poll::Ready(body) => Poll::Ready(Some(body)),
                Poll::Pending if is_second_look => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    fn poll_pieces(&mut self, context: &mut Context<'_>) -> Poll<RawBody> {
        if let Some(unread) = self.unread {
            return Poll::Ready(RawBody(Err(unread.into())));
        }
        // actix-http calls a handler when it has a head, then reads the body, and polls the handler again in the same turn (InnerDispatcher,
        // `handle_request` and `poll_response`). To be woken for what has just been read would cost each purchase another turn.
        let mut quiet = Context::from_waker(Waker::noop());
        let context = if mem::replace(&mut self.is_looked_for, true) { context } else { &mut quiet };
        loop {
            match ready!(Pin::new(&mut self.payload).poll_next(context)) {
                Some(Ok(piece)) if self.read.len() + piece.len() > self.bytes_max => {
                    self.read.clear();
                    return Poll::Ready(RawBody(Err(Unread::TooLong.into())));
                }
                Some(Ok(piece)) => self.add(piece),
                Some(Err(_)) => {
                    let unreadable = Problem::new(StatusCode::BAD_REQUEST, "body_unreadable").naming("body", "body_unreadable");
                    return Poll::Ready(RawBody(Err(unreadable)));
                }
                None => return Poll::Ready(RawBody(Ok(mem::take(&mut self.read)))),
            }
        }
    }

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

    /// Completes when the client has had its time.
    fn poll_timeout(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.timer.is_none() {
            self.timer = Some(Box::pin(sleep(self.state.body_timeout)));
            self.state.in_flight.leave();
        }
        self.timer.as_mut().map_or(Poll::Pending, |timer| timer.as_mut().poll(context))
    }
}

impl<S: Deref<Target = State>> Reading<S> {
    fn end_wait(&mut self) {
        if self.timer.take().is_some() {
            self.state.in_flight.enter();
        }
    }
}

impl<S: Deref<Target = State> + Unpin> Future for Reading<S> {
    type Output = Result<RawBody, Problem>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let is_first_look = !this.is_looked_for;
        let body = match this.poll_pieces(context) {
            Poll::Ready(body) => body,
            Poll::Pending if is_first_look => return Poll::Pending,
            Poll::Pending => {
                ready!(this.poll_timeout(context));
                RawBody(Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout").naming("body", "body_timeout")))
            }
        };
        this.end_wait();
        Poll::Ready(Ok(body))
    }
}

impl<S: Deref<Target = State>> Drop for Reading<S> {
    fn drop(&mut self) {
        self.end_wait();
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLong => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").naming("body", "body_too_large"),
            Unread::Encoded => Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding_unsupported")
                .naming("Content-Encoding", "content_encoding_unsupported")
                .hinting(Hint::AcceptEncoding("identity")),
        }
    }
}

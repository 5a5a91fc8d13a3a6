//! A client's connection with its time limits, around the socket and below the protocol, where nothing that a client does or leaves undone
//! gets past them.
//! - T1 A request's head arrives within `read` of its first byte, and so does whatever else is sent while no request is being answered,
//!   such as the rest of a body that nobody reads. Too late: 408, and the end.
//! - T2 What is sent is taken: [`TAKEN_BYTES_MIN`] within each `write`, or the answer's end.
//! - T3 Without a request the connection is closed after `idle`, and one on which nothing was ever said after `read`: without a word,
//!   because a browser that connected in advance would take it for the answer to its first request.
//! - T4 After its last answer the connection is closed within `read`, however much of the request is still to come.
//! - T5 While a request is being answered there is no limit here: its body's is `body`'s, and the answer is our own affair.
//!
//! Each connection has one timer. It never lies further ahead than the shortest of the limits, and is looked at when it fires; so a
//! request arms none and costs one reading of the clock. actix's own timers are off: they know the first head and idle connections only.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::admission::{Overflow, Place};
use super::metrics::CONNECTIONS_CUT;
use super::refusal;

/// What a client takes at least of an answer in each `write`, in bytes: a fast one would have taken far more, so that nobody can hold a
/// connection by taking a byte now and then.
pub const TAKEN_BYTES_MIN: u64 = 16 * 1024;
/// For everything about a connection beyond the limit of connections.
const OVERFLOW_LIMIT: Duration = Duration::from_secs(2);

/// Time limits of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// For a request's head, and again for its body.
    pub read: Duration,
    /// For taking some of an answer.
    pub write: Duration,
    /// Without a request.
    pub idle: Duration,
}

impl TimeLimits {
    fn of(self, overflow: Option<Overflow>) -> Self {
        let most = if overflow.is_some() { OVERFLOW_LIMIT } else { Duration::MAX };
        Self { read: self.read.min(most), write: self.write.min(most), idle: self.idle.min(most) }
    }

    fn shortest(&self) -> Duration {
        self.read.min(self.write).min(self.idle)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing was said yet.
    New,
    /// The client may send a request or not.
    Idle,
    /// Something has arrived that is no whole head yet.
    Input,
    /// A request is being answered.
    Request,
    /// The last answer was given. What arrives is the rest of a body that nobody reads; while it has not ended, actix-http waits for it.
    Closing,
}

/// What a connection is about; shared by the connection and the requests on it.
#[derive(Debug)]
pub struct Progress {
    phase: Cell<Phase>,
    /// When the phase began.
    since: Cell<Instant>,
    overflow: Option<Overflow>,
}

impl Progress {
    /// A request's head is there.
    pub fn request(&self) {
        self.phase.set(Phase::Request);
    }

    /// The request has its answer.
    pub fn answered(&self, now: Instant) {
        self.begin(Phase::Idle, now);
    }

    /// The request has its answer, which is the connection's last.
    pub fn answered_last(&self, now: Instant) {
        self.begin(Phase::Closing, now);
    }

    /// The limit that the connection is beyond, if any: then it is closed with its first answer.
    pub const fn overflow(&self) -> Option<Overflow> {
        self.overflow
    }

    fn begin(&self, phase: Phase, now: Instant) {
        self.phase.set(phase);
        self.since.set(now);
    }
}

/// A client's connection.
pub struct Connection {
    stream: TcpStream,
    limits: TimeLimits,
    progress: Rc<Progress>,
    timer: Pin<Box<Sleep>>,
    /// An answer of which the client does not take more for the time being.
    untaken: Option<Untaken>,
    /// What is left of a problem document that is sent in place of a bare refusal.
    refusal: Option<Bytes>,
    place: Place,
}

struct Untaken {
    since: Instant,
    /// Taken since then.
    bytes: u64,
}

impl Connection {
    /// Around a socket that was just accepted, in a place that was given to it.
    pub fn new(stream: TcpStream, limits: TimeLimits, place: Place) -> Self {
        let overflow = place.overflow();
        let limits = limits.of(overflow);
        let progress = Progress { phase: Cell::new(Phase::New), since: Cell::new(Instant::now()), overflow };
        Self { stream, limits, progress: Rc::new(progress), timer: Box::pin(sleep(limits.shortest())), untaken: None, refusal: None, place }
    }

    /// What the connection is about, for its requests to tell.
    pub fn progress(&self) -> Rc<Progress> {
        Rc::clone(&self.progress)
    }

    /// Something was read.
    fn heard(&mut self) -> io::Result<()> {
        match self.progress.phase.get() {
            Phase::New | Phase::Idle => self.progress.begin(Phase::Input, Instant::now()),
            Phase::Input | Phase::Closing if self.progress.since.get().elapsed() >= self.limits.read => return Err(cut("request")),
            Phase::Input | Phase::Closing | Phase::Request => {}
        }
        Ok(())
    }

    /// The client does nothing: until when may that be so? Completes with the end of the connection; before it, the task is woken in time
    /// for this deadline and for any that may follow.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if let Some(pushed_out) = self.place.pushed_out()
            && Pin::new(pushed_out).poll(context).is_ready()
        {
            return Poll::Ready(io::ErrorKind::ConnectionAborted.into());
        }
        loop {
            ready!(self.timer.as_mut().poll(context));
            let now = Instant::now();
            let next = now + self.limits.shortest();
            match self.deadline() {
                Some(deadline) if now >= deadline => {
                    if let Some(end) = self.expire(now, context) {
                        return Poll::Ready(end);
                    }
                }
                deadline => self.timer.as_mut().reset(deadline.map_or(next, |deadline| next.min(deadline)).into()),
            }
        }
    }

    /// The one deadline that counts now. Reading and writing both wait for it: whichever looked at its own only would put the timer off
    /// over the other's.
    fn deadline(&self) -> Option<Instant> {
        if let Some(untaken) = &self.untaken {
            return Some(untaken.since + self.limits.write);
        }
        let since = self.progress.since.get();
        match self.progress.phase.get() {
            Phase::Idle => Some(since + self.limits.idle),
            Phase::New | Phase::Input | Phase::Closing => Some(since + self.limits.read),
            Phase::Request => None,
        }
    }

    /// The deadline is over: the end of the connection, unless the client has taken enough to be given as much time again.
    fn expire(&mut self, now: Instant, context: &mut Context<'_>) -> Option<io::Error> {
        match &mut self.untaken {
            Some(untaken) if untaken.bytes >= TAKEN_BYTES_MIN => {
                *untaken = Untaken { since: now, bytes: 0 };
                None
            }
            Some(_) => {
                // Else the system would go on offering what nobody takes.
                let _ = self.stream.set_zero_linger();
                Some(cut("answer"))
            }
            None if self.progress.phase.get() == Phase::Input => {
                // Best effort: whoever sends nothing is seldom there to read either.
                let timeout = refusal::whole(StatusCode::REQUEST_TIMEOUT, "request_timeout");
                let _ = Pin::new(&mut self.stream).poll_write(context, &timeout);
                Some(cut("request"))
            }
            None => Some(io::ErrorKind::TimedOut.into()),
        }
    }

    fn send(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(Ok(taken)) => {
                if let Some(untaken) = &mut self.untaken {
                    untaken.bytes += taken as u64;
                }
                Poll::Ready(Ok(taken))
            }
            Poll::Pending => {
                self.untaken.get_or_insert_with(|| Untaken { since: Instant::now(), bytes: 0 });
                self.wait(context).map(Err)
            }
            failed => failed,
        }
    }
}

/// The end of a connection whose client takes too long; counted.
fn cut(stalled: &'static str) -> io::Error {
    CONNECTIONS_CUT.with(&[("stalled", stalled)]).increment(1);
    io::ErrorKind::TimedOut.into()
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => Poll::Ready(this.heard()),
            Poll::Pending => this.wait(context).map(Err),
            closed_or_failed => closed_or_failed,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.refusal.is_none() {
            match refusal::find(bytes) {
                None => return this.send(bytes, context),
                Some(found) if found.begins_at > 0 => return this.send(&bytes[..found.begins_at], context),
                Some(found) => this.refusal = Some(found.with_document(bytes)),
            }
        }
        while let Some(rest) = this.refusal.take_if(|rest| !rest.is_empty()) {
            let sent = this.send(&rest, context);
            // What is left, also where nothing could be sent now.
            this.refusal = Some(rest.slice(if let Poll::Ready(Ok(taken)) = sent { taken } else { 0 }..));
            ready!(sent)?;
        }
        this.refusal = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // The protocol flushes when it has written all that it has.
        if this.untaken.take().is_some() && this.progress.phase.get() == Phase::Idle {
            this.progress.begin(Phase::Idle, Instant::now());
        }
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

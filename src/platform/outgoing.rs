//! Requests to other people's services over HTTP: bounded in time, in number and in the size of what comes back.
//! - O1 Nobody waits longer than the given time, for a place among the concurrent requests and for the answer together.
//! - O2 Of an answer no more than the given bytes are read; a longer one is a failure.
//! - O3 A request is sent once. Only one whose connection could not be made, so that the service cannot have seen it, is tried once more.
//! - O4 An error's text has no URL: there are secrets in the queries of some services.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::error_chain;

const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// As many requests as may be are on their way already, and none ended in time.
    #[error("too many requests are waiting for the service")]
    Busy,
    /// The time was up. Whether the service did what it was asked is not known.
    #[error("the service did not answer in time")]
    Timeout,
    /// No connection could be made.
    #[error("the service cannot be reached: {0}")]
    NoConnection(String),
    /// A connection that broke. Whether the service did what it was asked is not known.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    /// Another status than success.
    #[error("the service answered with status {0}")]
    Status(StatusCode),
    /// More bytes than an answer has.
    #[error("the service's answer is longer than {0} bytes")]
    TooLong(usize),
    /// Not what was agreed.
    #[error("the service's answer cannot be read: {0}")]
    Unreadable(String),
}

impl Failure {
    /// Whether the service cannot have seen the request.
    pub const fn was_not_sent(&self) -> bool {
        matches!(self, Self::Busy | Self::NoConnection(_))
    }
}

/// An answer with whatever status.
#[derive(Debug)]
pub struct Answer {
    /// What the service says of it.
    pub status: StatusCode,
    /// Everything that came before the body.
    pub headers: HeaderMap,
    /// The whole body.
    pub bytes: Vec<u8>,
}

/// The way to one service.
#[derive(Debug)]
pub struct Outgoing {
    client: Client,
    within: Duration,
    places: Semaphore,
    bytes_max: usize,
}

impl Outgoing {
    /// Answers within this time, so many requests at a time, and so many bytes of an answer.
    ///
    /// # Errors
    /// The HTTP client's, if it cannot be made.
    pub fn new(within: Duration, concurrent_max: usize, bytes_max: usize) -> Result<Self, reqwest::Error> {
        super::tls::install_provider();
        let client = Client::builder().connect_timeout(CONNECT_WITHIN.min(within)).redirect(Policy::none()).no_proxy().build()?;
        Ok(Self { client, within, places: Semaphore::new(concurrent_max), bytes_max })
    }

    /// For building requests.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The bytes of a successful answer.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn ask(&self, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
        let answer = self.answer_of(request).await?;
        if answer.status.is_success() { Ok(answer.bytes) } else { Err(Failure::Status(answer.status)) }
    }

    /// The answer with its status and headers: for services whose refusals have a body that says why.
    ///
    /// # Errors
    /// [`Failure`], but never [`Failure::Status`].
    pub async fn answer_of(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let began = Instant::now();
        let place = tokio::time::timeout(self.within, self.places.acquire()).await;
        let _place = place.map_err(|_| Failure::Busy)?.map_err(|_| Failure::Busy)?;
        let left = self.within.saturating_sub(began.elapsed());
        tokio::time::timeout(left, self.exchange(request)).await.unwrap_or(Err(Failure::Timeout))
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let again = request.try_clone();
        let response = match (request.send().await, again) {
            (Err(error), Some(again)) if error.is_connect() => again.send().await,
            (outcome, _) => outcome,
        };
        let mut response: Response = response.map_err(failure)?;
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failure)? {
            if bytes.len() + piece.len() > self.bytes_max {
                return Err(Failure::TooLong(self.bytes_max));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Answer { status: response.status(), headers: std::mem::take(response.headers_mut()), bytes })
    }
}

fn failure(error: reqwest::Error) -> Failure {
    match () {
        () if error.is_connect() => Failure::NoConnection(error_chain::of(&error.without_url())),
        () if error.is_timeout() => Failure::Timeout,
        () => Failure::Unreachable(error_chain::of(&error.without_url())),
    }
}

/// Reads an answer.
///
/// # Errors
/// [`Failure::Unreadable`], which says where and not what: an answer may hold secrets.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|cause| Failure::Unreadable(format!("{:?} at byte {}", cause.classify(), cause.column())))
}

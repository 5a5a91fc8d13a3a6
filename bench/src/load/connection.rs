//! One keep-alive connection: a request out, one whole answer in.
//! - C1 one request is under way at a time, so whatever follows an answer in the buffer is a fault of the server.
//!
//! Not here: what to send (`plan.rs`), what to do after a failure (`shopper.rs`).

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::wire::{self, Answer, WireError};

/// Holds every answer of the purchase route in one read.
const BUFFER_BYTES: usize = 4096;
/// An answer longer than this is a fault of the server.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// Refused, reset, or closed before the answer was whole.
    #[error("the connection broke")]
    Lost(#[from] io::Error),
    /// The server spoke, but not the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// A connection with its read buffer.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects without Nagle's delay: every request is one segment.
    pub async fn open(server: SocketAddr) -> Result<Self, ConnectionError> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; BUFFER_BYTES] })
    }

    /// Sends the bytes of a request, or of its beginning.
    pub async fn send(&mut self, request: &[u8]) -> Result<(), ConnectionError> {
        Ok(self.stream.write_all(request).await?)
    }

    /// Waits for one whole answer; its body is read with `text`.
    pub async fn receive(&mut self) -> Result<Answer, ConnectionError> {
        let mut filled = 0;
        loop {
            let received = self.stream.read(&mut self.buffer[filled..]).await?;
            if received == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            filled += received;
            if let Some(answer) = wire::parse(&self.buffer[..filled])? {
                return if answer.body.end == filled { Ok(answer) } else { Err(WireError::Malformed.into()) };
            }
            if filled == self.buffer.len() {
                if filled >= ANSWER_BYTES_MAX {
                    return Err(WireError::Malformed.into());
                }
                self.buffer.resize(2 * filled, 0);
            }
        }
    }

    /// Waits until at least one byte of an answer is there, and takes no more than `bytes_max` of it.
    pub async fn receive_some(&mut self, bytes_max: usize) -> Result<(), ConnectionError> {
        let bytes_max = bytes_max.clamp(1, self.buffer.len());
        match self.stream.read(&mut self.buffer[..bytes_max]).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            _ => Ok(()),
        }
    }

    /// The body of the answer received last.
    pub fn body(&self, answer: &Answer) -> &[u8] {
        &self.buffer[answer.body.clone()]
    }
}

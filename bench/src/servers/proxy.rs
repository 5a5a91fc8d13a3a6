//! A TCP proxy before one server, which lets bytes pass or does not.
//! - X1 while it hangs, connections are kept and taken, and no byte moves in either direction, nor does an end: what a cut cable looks like.
//! - X2 its port is its own all the while, so that nobody else answers there.
//!
//! Not here: stopping the server behind it (`child.rs`).

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::error::{Attempt as _, Error};
use crate::ports;

const BUFFER_BYTES: usize = 64 * 1024;
const BACKLOG: u32 = 256;
/// Of ports, when somebody else is quicker.
const TRIES: u32 = 8;

/// What becomes of bytes and connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Bytes pass in both directions.
    Pass,
    /// Connections are closed, new ones refused.
    Refuse,
    /// Connections stay and new ones are taken, and nothing moves.
    Hang,
    /// Connections are closed; new ones are taken and closed.
    Cut,
}

/// A running proxy; ends when dropped.
pub struct Proxy {
    port: u16,
    way: watch::Sender<Way>,
}

impl Proxy {
    /// Before `server` on 127.0.0.1, letting bytes pass, on a thread of its own.
    pub fn start(server: u16) -> Result<Self, Error> {
        let (way, told) = watch::channel(Way::Pass);
        let runtime = crate::runtime()?;
        let (port, listener) = {
            let _inside = runtime.enter();
            listening()?
        };
        let thread = std::thread::Builder::new().name(format!("proxy-{server}"));
        thread.spawn(move || runtime.block_on(serve(listener, port, local(server), told))).attempt(|| "start a proxy".to_owned())?;
        Ok(Self { port, way })
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// On a free port; somebody may take it between the look and the call, then on another one.
fn listening() -> Result<(u16, TcpListener), Error> {
    let mut tries = 0;
    loop {
        let port = ports::free()?;
        match bound(port).and_then(|socket| socket.listen(BACKLOG)) {
            Err(cause) if cause.kind() == ErrorKind::AddrInUse && tries < TRIES => tries += 1,
            outcome => return Ok((port, outcome.attempt(|| format!("listen on port {port}"))?)),
        }
    }
}

/// Keeps the port; refuses connections until it listens.
fn bound(port: u16) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(local(port))?;
    Ok(socket)
}

/// Takes connections until the proxy is dropped. A port that is lost ends it: then the drill sees refused connections and says so.
async fn serve(listener: TcpListener, port: u16, server: SocketAddr, mut way: watch::Receiver<Way>) {
    let mut listener = listener;
    loop {
        if *way.borrow_and_update() == Way::Refuse {
            drop(listener);
            let Ok(socket) = bound(port) else { return };
            if way.wait_for(|way| *way != Way::Refuse).await.is_err() {
                return;
            }
            let Ok(again) = socket.listen(BACKLOG) else { return };
            listener = again;
        }
        tokio::select! {
            changed = way.changed() => if changed.is_err() { return },
            accepted = listener.accept() => if let Ok((client, _)) = accepted {
                tokio::spawn(carry(client, server, way.clone()));
            },
        }
    }
}

async fn carry(client: TcpStream, server: SocketAddr, mut way: watch::Receiver<Way>) {
    let mut severed = way.clone();
    let _ = client.set_nodelay(true);
    let carried = async {
        way.wait_for(|way| *way == Way::Pass).await.ok()?;
        let upstream = TcpStream::connect(server).await.ok()?;
        upstream.set_nodelay(true).ok()?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = upstream.into_split();
        tokio::join!(relay(from_client, to_server, way.clone()), relay(from_server, to_client, way));
        Some(())
    };
    tokio::select! {
        _ = carried => {}
        _ = severed.wait_for(|way| matches!(way, Way::Refuse | Way::Cut)) => {}
    }
}

/// Moves bytes and their end in one direction, as long as they may pass.
async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>) {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let received = from.read(&mut buffer).await;
        // What arrives while it hangs is held back, and so is the news of an end.
        if way.wait_for(|way| *way == Way::Pass).await.is_err() {
            return;
        }
        match received {
            Ok(bytes) if bytes > 0 => {
                if to.write_all(&buffer[..bytes]).await.is_err() {
                    return;
                }
            }
            _ => {
                let _ = to.shutdown().await;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::time::Duration;

    use super::*;

    /// Answers each byte with the next one.
    fn counting_server() -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let mut byte = [0];
                    while matches!(stream.read(&mut byte), Ok(1)) {
                        let _ = stream.write_all(&[byte[0] + 1]);
                    }
                });
            }
        });
        port
    }

    fn connect(proxy: &Proxy) -> std::io::Result<std::net::TcpStream> {
        let stream = std::net::TcpStream::connect(local(proxy.port()))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(stream)
    }

    fn ask(stream: &mut std::net::TcpStream, byte: u8) -> std::io::Result<u8> {
        stream.write_all(&[byte])?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        Ok(answer[0])
    }

    /// The first that comes.
    fn first<T>(mut look: impl FnMut() -> Option<T>) -> T {
        let seen = (0..2_000).find_map(|_| {
            let seen = look();
            if seen.is_none() {
                std::thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        seen.unwrap()
    }

    #[test]
    fn a_connection_that_hung_goes_on_where_it_was() {
        let proxy = Proxy::start(counting_server()).unwrap();
        let mut stream = connect(&proxy).unwrap();
        assert_eq!(ask(&mut stream, 1).unwrap(), 2);
        proxy.set(Way::Hang);
        stream.write_all(&[7]).unwrap();
        let mut newcomer = connect(&proxy).unwrap();
        newcomer.write_all(&[9]).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut answer = [0];
        let silence = stream.read(&mut answer).unwrap_err().kind();
        assert!(matches!(silence, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence}");
        proxy.set(Way::Pass);
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [8]);
        newcomer.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [10]);
    }

    #[test]
    fn refusing_resets_what_is_there_and_lets_nobody_in() {
        let proxy = Proxy::start(counting_server()).unwrap();
        let mut stream = connect(&proxy).unwrap();
        assert_eq!(ask(&mut stream, 1).unwrap(), 2);
        proxy.set(Way::Refuse);
        assert!(matches!(stream.read(&mut [0]), Err(_) | Ok(0)));
        let refused = first(|| connect(&proxy).err());
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        proxy.set(Way::Pass);
        let mut again = first(|| connect(&proxy).ok());
        assert_eq!(ask(&mut again, 3).unwrap(), 4);
    }

    #[test]
    fn cutting_takes_connections_and_resets_them() {
        let proxy = Proxy::start(counting_server()).unwrap();
        proxy.set(Way::Cut);
        let mut stream = connect(&proxy).unwrap();
        assert!(ask(&mut stream, 1).is_err());
    }
}

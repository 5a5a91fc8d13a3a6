//! Listens, and serves each connection within its limits (`admission`, `connection`). In place of actix's `HttpServer`, which is the same
//! around a bare socket.

use std::fmt;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpServiceBuilder, KeepAlive, Request, Response};
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::AppConfig;
use tokio::net::{TcpSocket, TcpStream};

use super::admission::Admission;
use super::connection::{Connection, TimeLimits};

/// Connections waiting to be accepted: a sale begins for everybody at once.
const BACKLOG: u32 = 4_096;
/// For the rest of a body that nobody reads, and for the client's part of a goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// Who is served, and for how long each.
#[derive(Clone)]
pub struct Door {
    /// Threads that serve its connections.
    pub workers: usize,
    /// How many connections.
    pub admission: Arc<Admission>,
    /// How long each may take for what.
    pub limits: TimeLimits,
}

/// Listens on all addresses of the host; the first one's real port is the answer's where `port` is 0. `factory` makes each worker's
/// application, on its thread and before anything is accepted; the application has to tell each connection's `Progress` of its requests.
/// `is_wanted` is asked about requests whose clients wait for `100 Continue`; what it refuses is answered in place of it.
/// The server runs when it is awaited or spawned; signals are the caller's affair.
pub fn listen<W, F, I, S, B>(host: &str, port: u16, door: Door, is_wanted: W, factory: F) -> io::Result<(SocketAddr, Server)>
where
    W: Fn(&Request) -> Result<(), Response<BoxBody>> + Send + Clone + 'static,
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let mut builder = ServerBuilder::new().workers(door.workers).max_concurrent_connections(usize::MAX >> 1).disable_signals();
    let listeners = bind_all(host, port)?;
    let first = listeners.first().map_or_else(|| Err(io::ErrorKind::AddrNotAvailable.into()), std::net::TcpListener::local_addr)?;
    for listener in listeners {
        let (door, is_wanted, factory) = (door.clone(), is_wanted.clone(), factory.clone());
        builder = builder.listen("http", listener, move || {
            let (door, is_wanted) = (door.clone(), is_wanted.clone());
            let accepted = fn_service(move |stream: TcpStream| {
                let peer = stream.peer_addr().ok();
                let place = door.admission.admit(peer.map(|peer| peer.ip()));
                ready(Ok::<_, DispatchError>((Connection::new(stream, door.limits, place), peer)))
            });
            let application = factory().into_factory().map_err(|error| error.into().error_response());
            let http = HttpServiceBuilder::default()
                // The connection has timers for these.
                .keep_alive(KeepAlive::Os)
                .client_request_timeout(Duration::ZERO)
                .client_disconnect_timeout(GOODBYE)
                .expect(fn_service(move |request: Request| ready(is_wanted(&request).map(|()| request))))
                .on_connect_ext(|connection: &Connection, shared| {
                    shared.insert(connection.progress());
                })
                .h1(map_config(application, |_| AppConfig::default()));
            accepted.and_then(http)
        })?;
    }
    Ok((first, builder.run()))
}

/// Listens on each address of the host on which that is possible: a name such as `localhost` may have one that this machine lacks.
fn bind_all(host: &str, port: u16) -> io::Result<Vec<std::net::TcpListener>> {
    let (mut listeners, mut failed) = (Vec::new(), None);
    for address in (host, port).to_socket_addrs()? {
        match bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(cause) => failed = Some(cause),
        }
    }
    match failed {
        Some(cause) if listeners.is_empty() => Err(cause),
        _ => Ok(listeners),
    }
}

fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

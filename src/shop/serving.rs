//! The shop behind HTTP: what the server asks of it, and the route of a purchase at the head of the application.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_server::Server;

use super::Shop;
use crate::features::FEATURES;
use crate::features::seckill::Express;
use crate::platform::config;
use crate::platform::feature::{Feature, Handles};
use crate::platform::http;
use crate::platform::http::state::{Backend, State};
use crate::platform::readiness::{Readiness, Stopping};

/// Starts serving the shop; the address is the real one where the port was 0. The server runs when it is awaited or spawned.
///
/// # Errors
/// If the port cannot be listened on.
pub fn listen(settings: &config::Http, state: Arc<State>) -> io::Result<(SocketAddr, Server)> {
    http::start(settings, state, Express::new)
}

impl Backend for Shop {
    fn readiness(&self) -> Readiness {
        Self::readiness(self)
    }

    fn adopt_this_thread(&self) {
        Self::adopt_this_thread(self);
    }

    fn features(&self) -> &'static [Feature] {
        FEATURES
    }

    fn handles(&self) -> Arc<Handles> {
        Arc::clone(&self.0.handles)
    }

    fn stopping(&self) -> Stopping {
        self.0.stopping.clone()
    }
}

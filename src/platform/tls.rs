//! TLS towards servers: one implementation (rustls) with one provider of cryptography (ring) for database, Redis and broker.

/// Chooses the provider for the whole process; first thing in `main` and in tests that open TLS. Repeating it changes nothing.
pub fn install_provider() {
    // It refuses when one is installed already: nobody else installs any, so that is ours.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

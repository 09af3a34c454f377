//! Guarded connector, TLS, client authentication, bounded bodies.

//! Decides whether the server may listen where it was told to: beyond loopback only with
//! authentication, or when the operator says that anonymous access is meant.

use crate::{Error, ErrorKind, ServerOptions};
use std::net::{IpAddr, SocketAddr};

/// Can only this host reach the address?
fn is_loopback(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
    }
}

/// Refuses addresses that others can reach when nobody has to say who he is.
pub(crate) fn check_exposure(
    options: &ServerOptions,
    addresses: &[SocketAddr],
    authenticated: bool,
) -> Result<(), Error> {
    if authenticated || options.allow_anonymous {
        return Ok(());
    }
    let Some(exposed) = addresses.iter().find(|address| !is_loopback(address)) else {
        return Ok(());
    };
    let message = format!(
        "refusing to listen on {exposed} without authentication: others could read all data; \
         name users in --web.config.file, listen on 127.0.0.1, or pass --web.allow-anonymous"
    );
    Err(Error::new(ErrorKind::Exposure, message))
}

//! Listens, accepts, drains. Order of the end: ready becomes 503, connections finish what they are
//! doing (new ones are still accepted, so that probes see the 503), then everything is closed.

mod connection;
mod lenient;
mod refuse;
mod stall;

use crate::app::AppInner;
use crate::guard::{check_exposure, is_loopback};
use crate::routes::Mount;
use crate::web::WebWatch;
use crate::{App, AppState, Error, ErrorKind, ServerOptions, routes};
use axum::Router;
use connection::Connections;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Pause after a failed accept (no file descriptors left, for example).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Accepted connections that wait to be taken over; further ones wait in the kernel's backlog.
const HANDOVER_MAX: usize = 64;

/// The HTTP server.
#[derive(Clone, Copy, Debug)]
pub struct Server;

/// A server that listens and does not answer yet.
pub struct Bound {
    app: App,
    router: Router,
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Server {
    /// Checks the options and listens.
    pub async fn bind(options: ServerOptions, state: AppState) -> Result<Bound, Error> {
        Self::bind_with(options, state, Vec::new()).await
    }

    /// The same with routes of neighbours.
    pub async fn bind_with(
        options: ServerOptions,
        state: AppState,
        mounts: Vec<Mount>,
    ) -> Result<Bound, Error> {
        let web = match &options.web_config {
            Some(path) => WebWatch::file(path.clone())?,
            None => WebWatch::open(),
        };
        let mut listeners = Vec::new();
        for listen in &options.listen {
            let candidates = candidates(listen).await?;
            check_exposure(&options, &candidates, web.active().authenticates)?;
            let bound = TcpListener::bind(&candidates[..]).await;
            listeners.push(bound.map_err(|error| Error::bind(listen, error))?);
        }
        let addresses = addresses(&listeners)?;
        let app = AppInner::build(options, state, &mounts, web, &addresses);
        let router = routes::router(&app, mounts);
        Ok(Bound { app, router, listeners, addresses })
    }
}

/// Addresses a listen text may mean; `:1788` means all interfaces, as in Go.
async fn candidates(listen: &str) -> Result<Vec<SocketAddr>, Error> {
    let texts = match listen.strip_prefix(':') {
        Some(port) => vec![format!("[::]:{port}"), format!("0.0.0.0:{port}")],
        None => vec![listen.to_owned()],
    };
    let mut found = Vec::new();
    for text in texts {
        found.extend(lookup_host(&text).await.map_err(|error| Error::bind(listen, error))?);
    }
    if found.is_empty() {
        return Err(Error::new(ErrorKind::Bind, format!("cannot listen on {listen}: no address")));
    }
    Ok(found)
}

fn addresses(listeners: &[TcpListener]) -> Result<Vec<SocketAddr>, Error> {
    if listeners.is_empty() {
        let message = "no address to listen on: --web.listen-address is empty";
        return Err(Error::new(ErrorKind::Options, message));
    }
    let address = |listener: &TcpListener| {
        listener.local_addr().map_err(|error| Error::bind("a bound socket", error))
    };
    listeners.iter().map(address).collect()
}

impl Bound {
    /// Addresses it listens on, with the ports that were really taken.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Addresses for people, one per listener: `http://127.0.0.1:1788/`.
    pub fn urls(&self) -> Vec<String> {
        let tls = self.app.web.active().acceptor.is_some();
        let scheme = if tls { "https" } else { "http" };
        let prefix = &self.app.prefix;
        self.addresses.iter().map(|address| format!("{scheme}://{address}{prefix}/")).collect()
    }

    /// Does every listener take connections from this host only?
    pub fn is_loopback_only(&self) -> bool {
        self.addresses.iter().all(is_loopback)
    }

    /// Serves until `shutdown` ends, then drains: at most `drain_timeout` for what is in flight.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { app, router, listeners, .. } = self;
        let (sender, mut accepted) = mpsc::channel(HANDOVER_MAX);
        let mut acceptors = JoinSet::new();
        for listener in listeners {
            acceptors.spawn(accept(listener, sender.clone()));
        }
        drop(sender);
        let mut connections = Connections::new(App::clone(&app), router);
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some((stream, peer)) = accepted.recv() => connections.open(stream, peer),
                () = connections.reap() => {}
            }
        }
        app.draining.store(true, Ordering::Release);
        tracing::info!("draining HTTP connections");
        let before = connections.drain();
        let deadline = tokio::time::sleep(app.options.drain_timeout);
        tokio::pin!(before, deadline);
        loop {
            tokio::select! {
                () = &mut before => break,
                () = &mut deadline => {
                    tracing::warn!("closing connections whose requests did not finish in time");
                    break;
                }
                Some((stream, peer)) = accepted.recv() => connections.open(stream, peer),
            }
        }
        acceptors.shutdown().await;
        connections.close().await;
    }
}

async fn accept(listener: TcpListener, sender: mpsc::Sender<(TcpStream, SocketAddr)>) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                if sender.send(accepted).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

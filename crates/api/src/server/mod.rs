//! Listens, accepts, drains. Order of the end: ready becomes 503, connections finish what they are
//! doing (new ones are still accepted, so that probes see the 503), then everything is closed.

mod connection;
mod lenient;
mod refuse;
mod stall;
mod waiting;

use crate::app::{AppInner, Front};
use crate::guard::check_exposure;
use crate::routes::Mount;
use crate::web::WebWatch;
use crate::{AppState, Error, ErrorKind, HttpMetrics, ServerOptions, routes};
use axum::Router;
use connection::{Accepted, Connections, Spoken};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use sys::Clock;
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use waiting::WaitingRoom;

/// Pause after a failed accept (no file descriptors left, for example).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Accepted connections that wait to be taken over; further ones wait in the kernel's backlog.
const HANDOVER_MAX: usize = 64;

/// The HTTP server.
#[derive(Clone, Copy, Debug)]
pub struct Server;

/// A server that listens while the rooms behind it are still to be opened.
pub struct Listening {
    room: WaitingRoom,
    listeners: Vec<TcpListener>,
    /// Listeners from here on speak HTTP/2 alone.
    http2_from: usize,
    addresses: Vec<SocketAddr>,
}

/// A server that is ready to answer.
pub struct Bound {
    front: Arc<Front>,
    router: Router,
    listeners: Vec<TcpListener>,
    http2_from: usize,
}

impl Server {
    /// Checks the options and listens.
    ///
    /// Fails when the web configuration is not usable, an address is taken, or others could reach
    /// it without authentication.
    pub async fn listen(options: ServerOptions) -> Result<Listening, Error> {
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
        let further = options.listen_if_free.iter().map(|listen| (listen, true));
        let grpc = options.grpc_listen.iter().map(|grpc| (&grpc.address, grpc.if_free));
        let mut http2_from = listeners.len();
        for (listen, if_free) in further.chain(grpc) {
            let candidates = candidates(listen).await?;
            check_exposure(&options, &candidates, web.active().authenticates)?;
            match TcpListener::bind(&candidates[..]).await {
                Ok(listener) => {
                    listeners.push(listener);
                    let grpc = options.grpc_listen.as_ref().map(|grpc| &grpc.address);
                    http2_from += usize::from(Some(listen) != grpc);
                }
                Err(error) if if_free => tracing::warn!(listen, %error, "cannot listen there too"),
                Err(error) => return Err(Error::bind(listen, error)),
            }
        }
        let addresses = addresses(&listeners)?;
        if check_exposure(&options, &addresses, false).is_err() {
            web.require_authentication();
        }
        let room = WaitingRoom { options: Arc::new(options), web: Arc::new(web) };
        Ok(Listening { room, listeners, http2_from, addresses })
    }
}

impl Listening {
    /// Addresses it listens on, with the ports that were really taken.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Addresses for people, one per listener: `http://127.0.0.1:1788/`.
    pub fn urls(&self) -> Vec<String> {
        let tls = self.room.web.active().acceptor.is_some();
        let scheme = if tls { "https" } else { "http" };
        let prefix = self.room.options.prefix();
        self.addresses.iter().map(|address| format!("{scheme}://{address}{prefix}/")).collect()
    }

    /// Waits for `opening` and tells everybody meanwhile that the server is alive and not ready.
    pub async fn hold<T>(&self, opening: impl Future<Output = T>) -> T {
        waiting::hold(&self.room, &self.listeners, opening).await
    }

    /// Puts the rooms and the routes of neighbours behind the listeners.
    pub fn open(self, state: AppState, mounts: Vec<Mount>) -> Bound {
        let Self { room, listeners, http2_from, addresses } = self;
        let WaitingRoom { options, web } = room;
        let app = AppInner::build(options, web, state, &mounts, &addresses);
        let router = routes::router(&app, mounts);
        Bound { front: Arc::clone(&app.front), router, listeners, http2_from }
    }

    /// Puts the routes of neighbours alone behind the listeners: the same guards in front, and no
    /// rooms. `http` counts the requests.
    pub fn open_alone(
        self,
        mounts: Vec<Mount>,
        clock: Arc<dyn Clock>,
        http: Arc<HttpMetrics>,
    ) -> Bound {
        let Self { room, listeners, http2_from, addresses } = self;
        let front = Front::new((room.options, room.web), (clock, http), &addresses);
        let router = routes::router_of(&front, mounts);
        Bound { front, router, listeners, http2_from }
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
    /// Serves until `shutdown` ends, then drains: at most `drain_timeout` for what is in flight.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { front, router, listeners, http2_from } = self;
        let (sender, mut accepted) = mpsc::channel(HANDOVER_MAX);
        let mut acceptors = JoinSet::new();
        for (at, listener) in listeners.into_iter().enumerate() {
            let spoken = if at < http2_from { Spoken::Http1 } else { Spoken::Http2 };
            acceptors.spawn(accept(listener, spoken, sender.clone()));
        }
        drop(sender);
        let mut connections = Connections::new(Arc::clone(&front), router);
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(accepted) = accepted.recv() => connections.open(accepted),
                () = connections.reap() => {}
            }
        }
        front.draining.store(true, Ordering::Release);
        front.stopping.notify_waiters();
        tracing::info!("draining HTTP connections");
        let before = connections.drain();
        let deadline = tokio::time::sleep(front.options.drain_timeout);
        tokio::pin!(before, deadline);
        loop {
            tokio::select! {
                () = &mut before => break,
                () = &mut deadline => {
                    tracing::warn!("closing connections whose requests did not finish in time");
                    break;
                }
                Some(accepted) = accepted.recv() => connections.open(accepted),
            }
        }
        acceptors.shutdown().await;
        connections.close().await;
    }
}

async fn accept(listener: TcpListener, spoken: Spoken, sender: mpsc::Sender<Accepted>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if sender.send((stream, peer, spoken)).await.is_err() {
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

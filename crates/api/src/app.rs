//! What every request can reach: the rooms behind the API, options, query slots, guards.
//! Built once when the server binds; only the draining flag changes afterwards.

use crate::flyball::live;
use crate::guard::HostList;
use crate::orders::Orders;
use crate::pool::QueryPool;
use crate::routes::Mount;
use crate::web::WebWatch;
use crate::{AppState, HttpMetrics, ServerOptions, openapi};
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sys::Clock;
use tokio::sync::{Notify, Semaphore};

/// Form bodies of more than 64 KiB that are held at a time, in KiB: 64 MiB, or six of the largest.
const BODIES_KIB_MAX: usize = 64 << 10;

/// Lists of alerts at a time; one of 100,000 alerts holds about 100 MB until it is sent.
const ALERT_LISTS_MAX: usize = 4;

/// Shared by all requests.
pub(crate) type App = Arc<AppInner>;

/// What every request passes, whatever stands behind it.
pub(crate) struct Front {
    pub(crate) options: Arc<ServerOptions>,
    pub(crate) prefix: String,
    pub(crate) hosts: HostList,
    pub(crate) web: Arc<WebWatch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Arc<HttpMetrics>,
    pub(crate) draining: AtomicBool,
    /// Wakes what waits for the stop; `draining` is set before.
    pub(crate) stopping: Notify,
}

impl Front {
    /// For a server that listens on `addresses`.
    pub(crate) fn new(
        (options, web): (Arc<ServerOptions>, Arc<WebWatch>),
        (clock, http): (Arc<dyn Clock>, Arc<HttpMetrics>),
        addresses: &[SocketAddr],
    ) -> Arc<Self> {
        Arc::new(Self {
            prefix: options.prefix(),
            hosts: HostList::new(&options, addresses),
            web,
            clock,
            http,
            draining: AtomicBool::new(false),
            stopping: Notify::new(),
            options,
        })
    }

    /// Is the server about to stop?
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

/// See the module.
pub(crate) struct AppInner {
    pub(crate) front: Arc<Front>,
    pub(crate) state: AppState,
    pub(crate) pool: QueryPool,
    pub(crate) orders: Orders,
    /// KiB that large form bodies may hold together.
    pub(crate) body_room: Arc<Semaphore>,
    /// Lists of alerts that are made or sent at a time.
    pub(crate) alert_lists: Arc<Semaphore>,
    /// Streams of live answers.
    pub(crate) live_streams: Arc<Semaphore>,
    pub(crate) openapi: String,
}

impl Deref for AppInner {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}

impl AppInner {
    /// Puts everything together for a server that listens on `addresses`.
    pub(crate) fn build(
        options: Arc<ServerOptions>,
        web: Arc<WebWatch>,
        state: AppState,
        mounts: &[Mount],
        addresses: &[SocketAddr],
    ) -> App {
        let counted = (Arc::clone(&state.clock), Arc::clone(&state.http));
        let front = Front::new((options, web), counted, addresses);
        Arc::new(Self {
            pool: QueryPool::new(front.options.query.clone(), Arc::clone(&state.queries)),
            orders: Orders::default(),
            body_room: Arc::new(Semaphore::new(BODIES_KIB_MAX)),
            alert_lists: Arc::new(Semaphore::new(ALERT_LISTS_MAX)),
            live_streams: Arc::new(Semaphore::new(live::STREAMS_MAX)),
            openapi: openapi::document(&front.prefix, mounts),
            front,
            state,
        })
    }

    /// Are questions answered: loaded, and not about to stop?
    pub(crate) fn is_ready(&self) -> bool {
        !self.is_draining() && self.state.lifecycle.is_ready()
    }
}

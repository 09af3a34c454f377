//! Probes of endpoints: HTTP, TCP, DNS, ICMP, gRPC, WebSocket, Unix sockets, databases, under the
//! names that `blackbox_exporter` 0.28 gives its series. Asked for by HTTP (`/probe`), on a
//! schedule and from workers elsewhere (`remote`).
//! A shell: it speaks with targets through `net`; what an answer is worth is decided by pure
//! functions (`http::judge`, `dns::judge`, `watch`). INV-30 holds for every address.

mod conditions;
mod databases;
mod dns;
mod findings;
#[doc(hidden)]
pub mod fuzzing;
mod grpc;
mod http;
mod icmp;
mod names;
mod plan;
mod reason;
mod remote;
mod results;
mod route;
mod run;
mod scheme;
mod talk;
mod target;
mod tcp;
mod tls;
mod watch;
mod websocket;
mod world;

pub use conditions::{Condition, Judged, Memory, Mistake, OwnVerdict, apply};
pub use findings::{Findings, Span};
pub use plan::{Plan, check, plans};
pub use reason::Reason;
pub use remote::{Location, Question, Unanswered, Unknown, Worker, worker_metrics, worker_route};
pub use results::{Place, RESULTS_PATH, Results, results_route};
pub use route::{PROBE_PATH, Service, probe_route};
pub use run::Outcome;
pub use scheme::{SCHEMES, Single, Wishes, check_url};
pub use watch::{Thresholds, Watch};
pub use world::{Ask, Modules, ProbeError, Variation, World, built_in};

//! Collectors of services in process, under the names of their exporters: Redis, nginx, PostgreSQL,
//! and containers of this host.
//! Called by the binary at each instance's own pace; hand out metric families, store nothing.
//! Texts and rows become series in pure functions; sockets and files stay in the shells around.

pub mod containers;
mod dial;
mod fault;
pub mod nginx;
mod offer;
mod page;
pub mod postgres;
pub mod redis;
mod report;
mod visit;
mod watch;

pub use containers::ContainersCollector;
pub use dial::World;
pub use fault::{Fault, Reason};
pub use nginx::NginxCollector;
pub use offer::Offers;
pub use page::Page;
pub use postgres::{PostgresCollector, Table};
pub use redis::{Login as RedisLogin, RedisCollector};
pub use report::PartOutcome;
pub use visit::{PostgresVisit, RedisVisit, Replication};
pub use watch::{Instance, instances};

/// Names of all metrics that the collectors can give, but for those that a server names itself
/// (`pg_settings_*`, `redis_cluster_*`).
pub fn metric_names() -> impl Iterator<Item = String> {
    let postgres = postgres::metric_names().map(ToOwned::to_owned);
    let containers = containers::metric_names().map(ToOwned::to_owned);
    let nginx = nginx::METRICS.map(ToOwned::to_owned);
    redis::metric_names().chain(postgres).chain(nginx).chain(containers)
}

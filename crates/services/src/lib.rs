//! Collectors of services in process, under the names of their exporters: Redis, nginx, PostgreSQL.
//! Called by the binary at each instance's own pace; hand out metric families, store nothing.
//! Texts and rows become series in pure functions; sockets and files stay in the shells around them.

mod dial;
mod fault;
mod page;
pub mod postgres;
pub mod redis;
mod report;
mod watch;

pub use dial::World;
pub use fault::{Fault, Reason};
pub use page::Page;
pub use postgres::PostgresCollector;
pub use redis::RedisCollector;
pub use report::PartOutcome;
pub use watch::{Instance, instances};

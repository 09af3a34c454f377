//! What the tests share: the outside world of a collector, a runtime, addresses.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::compare::Shape;
use config::{ConfigFile, FlyballConfig, Outside};
use exposition::Family;
use services::{PartOutcome, World};
use std::net::SocketAddr;
use std::sync::Arc;
use sys::{OsVfs, SystemClock};
use testkit::http;

/// The real world, every address allowed.
pub(crate) fn world() -> World {
    World { policy: Arc::default(), vfs: Arc::new(OsVfs), clock: Arc::new(SystemClock::new()) }
}

/// The section `collect` of a flyball.yml.
pub(crate) fn settings(collect: &str) -> FlyballConfig {
    let text = format!("collect:\n{collect}");
    match config::load_any("flyball.yml", &text, &Outside::nothing()).unwrap().config {
        ConfigFile::Flyball(config) => *config,
        ConfigFile::Prometheus(_) => unreachable!("`collect` is a key of flyball.yml"),
    }
}

/// Runs to the end on this thread.
pub(crate) fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The loopback address with a port.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// The page of an exporter, once it answers.
pub(crate) fn page(port: u16, path: &str) -> Shape {
    let reply = testkit::wait_for("the exporter to answer", || {
        http::get(loopback(port), path).ok().filter(|reply| reply.status == 200)
    });
    let text = reply.text();
    let own = |line: &&str| {
        let rest = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        !["go_", "process_", "promhttp_"].iter().any(|prefix| rest.starts_with(prefix))
    };
    Shape::of(&text.lines().filter(own).collect::<Vec<_>>().join("\n"))
}

/// Families as a page.
pub(crate) fn shape(families: &[Family]) -> Shape {
    Shape::of(&exposition::render_text(families))
}

/// Parts that failed, with the words of their reasons.
pub(crate) fn faults(parts: &[PartOutcome]) -> Vec<(&'static str, &'static str)> {
    let fault = |part: &PartOutcome| Some((part.part, part.fault.as_ref()?.reason.word()));
    parts.iter().filter_map(fault).collect()
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(process: u32, name: &str) {
    let words = [format!("-{name}"), process.to_string()];
    let ended = std::process::Command::new("kill").args(words).status().unwrap();
    assert!(ended.success(), "kill -{name} {process}");
}

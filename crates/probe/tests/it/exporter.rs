//! Debian's `blackbox_exporter` with a file of modules, and ours with the same file.

#![expect(clippy::unwrap_used, reason = "a test that cannot ask fails")]

use config::blackbox;
use exposition::{Family, render_text};
use net::{AddressPolicy, ClientOptions};
use probe::{Modules, Outcome, Variation, World};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use sys::{OsVfs, SystemEntropy};
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, skip, wait_for};

/// Debian's exporter.
pub(crate) struct Exporter {
    address: SocketAddr,
    _folder: TempDir,
    _peer: Peer,
}

/// Starts it; `None` after saying why it is not there.
pub(crate) fn start(modules: &str) -> Option<Exporter> {
    let Some(program) = find_program("prometheus-blackbox-exporter") else {
        skip(
            "probes beside blackbox_exporter",
            "prometheus-blackbox-exporter is not installed (cargo xtask setup)",
        );
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blackbox.yml");
    std::fs::write(&file, modules).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut command = Command::new(program);
    command.arg(format!("--config.file={}", file.display()));
    command.arg(format!("--web.listen-address={address}"));
    let peer = Peer::start(&mut command, &folder.path().join("log")).unwrap();
    wait_for("the exporter answers", || {
        testkit::http::get(address, "/-/healthy")
            .is_ok_and(|reply| reply.status == 200)
            .then_some(())
    });
    Some(Exporter { address, _folder: folder, _peer: peer })
}

impl Exporter {
    /// Its page for a target.
    pub(crate) fn probe(&self, module: &str, target: &str) -> String {
        let target: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let path = format!("/probe?module={module}&target={target}");
        let reply = testkit::http::get(self.address, &path).unwrap();
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    }
}

/// Our modules of the same file.
pub(crate) fn ours(modules: &str) -> Modules {
    ours_under(modules, AddressPolicy::default())
}

pub(crate) fn ours_under(modules: &str, policy: AddressPolicy) -> Modules {
    let config = blackbox::load("blackbox.yml", modules).unwrap().config;
    let options = ClientOptions { policy: Arc::new(policy), vfs: Arc::new(OsVfs) };
    Modules::new(&config, &World { options, entropy: Arc::new(SystemEntropy::new().unwrap()) })
}

/// Our probe of a target.
pub(crate) fn probe(modules: &Modules, module: &str, target: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let timeout = Some(Duration::from_secs(10));
    runtime.block_on(modules.probe(module, target, timeout, &Variation::default())).unwrap()
}

/// A page as lines: series with their values, and help texts. Times are left out, but what is 0
/// must be 0 on both sides.
pub(crate) fn lines(page: &str) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    for line in page.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let (kind, text) = comment.split_once(' ').unwrap();
            let (name, text) = text.split_once(' ').unwrap();
            lines.insert(format!("{kind} {name}"), text.to_owned());
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let is_time = series.contains("_duration_seconds") || series.contains("lookup_time");
        let value = if is_time && value != "0" { "a time" } else { value };
        lines.insert(series.to_owned(), value.to_owned());
    }
    lines
}

/// Our page without what is newer than Debian's exporter (0.23).
pub(crate) fn as_of_0_23(families: &[Family]) -> String {
    let mut families: Vec<Family> = families.to_vec();
    families.retain(|family| family.name != "probe_tls_cipher_info");
    for point in families.iter_mut().flat_map(|family| &mut family.points) {
        let mut labels = point.labels.to_builder();
        point.labels = labels.set("serialnumber", "").build();
    }
    render_text(&families)
}

//! Layers of the house and who may know whom, read from `cargo metadata`.
//! Arrows point down; the few sideways ones are listed with their reason.

use super::Complaint;
use serde_json::Value;

/// Rooms by layer, lowest first.
const LAYERS: &[&[&str]] = &[
    &["model", "sys"],
    &[
        "exposition",
        "wire",
        "promql",
        "relabel",
        "gotemplate",
        "config",
        "journal",
        "prometheus_tsdb",
        "net",
    ],
    &[
        "tsdb",
        "query",
        "rules",
        "alerts",
        "dashboards",
        "health",
        "slo",
        "telemetry",
        "issues",
        "budget",
        "edge",
        "control",
    ],
    &[
        "api",
        "commands",
        "ui",
        "scrape",
        "discovery",
        "collect",
        "services",
        "probe",
        "vitals",
        "notify",
        "ingest",
        "egress",
        "remote",
        "load",
    ],
    &["flyball"],
];

/// Arrows inside one layer that are right, with the reason.
const SIDEWAYS: &[(&str, &str, &str)] = &[
    ("sys", "model", "clocks tell timestamps"),
    ("config", "relabel", "files contain relabelling rules"),
    ("net", "config", "clients are described in files"),
    ("net", "wire", "bodies are decompressed within bounds"),
    ("rules", "query", "rules read query results"),
    ("api", "ui", "the server serves the page"),
    ("scrape", "discovery", "targets come from discovery"),
    ("services", "discovery", "containers are named by its client of Docker"),
    ("notify", "discovery", "external Alertmanagers come from discovery"),
    ("commands", "discovery", "patterns of file names are those of discovery"),
    ("commands", "notify", "texts are tried as receivers render them"),
    ("commands", "probe", "targets are probed once as the server probes them"),
    ("probe", "services", "databases are asked by the clients of their collectors"),
];

/// Below the shells nothing may know an async runtime or HTTP; `net` is the one door.
const SHELLS_ONLY: &[&str] =
    &["tokio", "hyper", "hyper-util", "axum", "reqwest", "tower", "tokio-rustls"];

/// For tests only: known as a dev-dependency.
const DEV_ROOMS: &[&str] = &["testkit", "conformance"];

pub(super) fn check(metadata: &Value) -> Result<Vec<Complaint>, String> {
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let mut complaints = Vec::new();
    for package in packages.iter().filter(|package| package["source"].is_null()) {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(layer) = layer_of(name) else {
            if name != "xtask" && !DEV_ROOMS.contains(&name) {
                complaints.push(format!(
                    "crates/{name}: no layer knows this room (xtask tidy/arrows.rs)"
                ));
            }
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let other = dependency["name"].as_str().unwrap_or_default();
            let is_dev = dependency["kind"].as_str() == Some("dev");
            complaints.extend(judge(name, layer, other, is_dev));
        }
    }
    Ok(complaints)
}

fn judge(name: &str, layer: usize, other: &str, is_dev: bool) -> Option<Complaint> {
    if is_dev {
        return None;
    }
    if layer < 3 && name != "net" && SHELLS_ONLY.contains(&other) {
        return Some(format!("crates/{name}: {other} is for shells (L3) and `net` only"));
    }
    if DEV_ROOMS.contains(&other) {
        return Some(format!("crates/{name}: {other} is a dev-dependency only"));
    }
    let below = layer_of(other)?;
    let sideways = SIDEWAYS.iter().any(|(from, to, _)| (*from, *to) == (name, other));
    (below >= layer && !sideways).then(|| {
        format!("crates/{name}: arrow to {other} does not point down (L{layer} -> L{below})")
    })
}

fn layer_of(name: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&name))
}

/// Lowest layers (L0 to L2) without the one door for sockets: pure rooms.
pub(super) fn is_pure(room: &str) -> bool {
    layer_of(room).is_some_and(|layer| layer < 3) && room != "net"
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn upward_and_sideways_arrows_are_refused() {
        assert!(judge("tsdb", 2, "api", false).is_some());
        assert!(judge("tsdb", 2, "query", false).is_some());
        assert!(judge("tsdb", 2, "model", false).is_none());
        assert!(judge("rules", 2, "query", false).is_none());
    }

    #[test]
    fn rooms_for_tests_are_dev_dependencies() {
        assert!(judge("query", 2, "conformance", false).is_some());
        assert!(judge("query", 2, "conformance", true).is_none());
    }

    #[test]
    fn cores_know_no_runtime() {
        assert!(judge("query", 2, "tokio", false).is_some());
        assert!(judge("query", 2, "tokio", true).is_none());
        assert!(judge("net", 1, "tokio", false).is_none());
    }
}

//! Installs the peers that the suites drive: Debian packages, and npm packages of the page.
//! The only chore that changes the machine; needs root and Debian or a relative.

use crate::run::{answers, run};
use crate::{Chore, web};
use std::process::Command;

/// Programs and libraries the suites and benchmarks use.
const DEBIAN_PACKAGES: &[&str] = &[
    "chromium",
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-blackbox-exporter",
    "prometheus-node-exporter",
    "prometheus-redis-exporter",
    "prometheus-nginx-exporter",
    "prometheus-postgres-exporter",
    "redis-server",
    "redis-tools",
    "nginx-light",
    "postgresql",
    "postgresql-contrib",
    "python3-numpy",
    "python3-snappy",
    "python3-aiosmtpd",
    "python3-grpcio",
    "python3-prometheus-client",
    "strace",
    "faketime",
    "victoria-metrics",
];

pub(crate) fn start() -> Chore {
    if !answers("apt-get", &["--version"]) {
        return Err("setup knows Debian's apt-get only; install by hand: ".to_owned()
            + &DEBIAN_PACKAGES.join(" "));
    }
    // Peers are started by the tests; their system services must not take the ports.
    let policy = "printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d \\
                  && chmod +x /usr/sbin/policy-rc.d";
    let absent = !std::path::Path::new("/usr/sbin/policy-rc.d").exists();
    if absent {
        run(Command::new("sh").args(["-c", policy]))?;
    }
    let installed = run(Command::new("apt-get").args(["update", "-qq"])).and_then(|()| {
        run(Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(DEBIAN_PACKAGES))
    });
    if absent {
        run(Command::new("rm").args(["-f", "/usr/sbin/policy-rc.d"]))?;
    }
    installed.and_then(|()| web::install())
}

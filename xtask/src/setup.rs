//! Installs the peers that the suites drive: Debian packages, npm packages of the page, and clients
//! from PyPI and npm.
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
    "python3-venv",
    "python3-aiosmtpd",
    "python3-websockets",
    "dovecot-imapd",
    "unbound",
    "python3-grpcio",
    "python3-prometheus-client",
    "strace",
    "faketime",
    "victoria-metrics",
];

/// Where clients from other registries live; `testkit::clients` looks there.
const CLIENTS_DIR: &str = "/opt/flyball/clients";

/// Clients from `PyPI`.
const PYPI_PACKAGES: &[&str] = &[
    "datadog",
    "fastapi",
    "graphyte",
    "opentelemetry-exporter-otlp-proto-grpc",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-sdk",
    "prometheus-client",
    "statsd",
    "uvicorn",
];

/// Clients from npm.
const NPM_PACKAGES: &[&str] = &[
    "@opentelemetry/exporter-metrics-otlp-grpc",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-metrics",
    "express",
    "fastify",
    "hot-shots",
    "prom-client",
];

/// Puts the clients of other registries into a folder of their own.
fn clients() -> Chore {
    run(Command::new("/usr/bin/python3").args(["-m", "venv", CLIENTS_DIR]))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let python = format!("{CLIENTS_DIR}/bin/python3");
    run(Command::new(python).args(pip).args(PYPI_PACKAGES))?;
    let npm = ["install", "--no-audit", "--no-fund", "--prefix", CLIENTS_DIR];
    run(Command::new("npm").args(npm).args(NPM_PACKAGES))
}

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
    installed.and_then(|()| clients()).and_then(|()| web::install())
}

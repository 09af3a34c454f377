//! DNS over TLS and over HTTPS, asked of a real server (Debian's unbound) with names of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve fails")]

use crate::exporter::{ours, probe};
use crate::servers;
use probe::Reason;
use std::net::TcpStream;
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, skip, wait_for};

struct Unbound {
    tls: u16,
    https: u16,
    folder: TempDir,
    _peer: Peer,
}

fn unbound() -> Option<Unbound> {
    let Some(program) = find_program("unbound") else {
        skip("DNS over TLS and HTTPS", "unbound is not installed (cargo xtask setup)");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    servers::certificates(path);
    let (plain, tls, https, dir) = (free_port(), free_port(), free_port(), path.display());
    let conf = format!(
        "server:\n  do-daemonize: no\n  username: \"\"\n  chroot: \"\"\n  directory: \"{dir}\"\n  \
         pidfile: \"{dir}/pid\"\n  use-syslog: no\n  module-config: \"iterator\"\n  \
         interface: 127.0.0.1@{plain}\n  interface: 127.0.0.1@{tls}\n  \
         interface: 127.0.0.1@{https}\n  tls-port: {tls}\n  https-port: {https}\n  \
         tls-service-key: \"{dir}/leaf.key\"\n  tls-service-pem: \"{dir}/leaf.pem\"\n  \
         local-zone: \"example.\" static\n  local-data: \"a.example. 60 IN A 192.0.2.7\"\n\
         remote-control:\n  control-enable: no\n"
    );
    std::fs::write(path.join("unbound.conf"), conf).unwrap();
    let mut command = Command::new(program);
    command.arg("-d").arg("-p").arg("-c").arg(path.join("unbound.conf"));
    let peer = Peer::start(&mut command, &path.join("log")).unwrap();
    wait_for("unbound answers", || TcpStream::connect(("127.0.0.1", https)).ok());
    wait_for("unbound answers", || TcpStream::connect(("127.0.0.1", tls)).ok());
    Some(Unbound { tls, https, folder, _peer: peer })
}

fn modules(server: &Unbound) -> String {
    let ca = server.folder.path().join("ca.pem").display().to_string();
    let trusted = format!("tls_config: {{ca_file: {ca}}}");
    let dot = "transport_protocol: tcp, dns_over_tls: true";
    let module = |name: &str, keys: String| {
        format!("  {name}: {{prober: dns, timeout: 5s, dns: {{query_type: A, {keys}}}}}\n")
    };
    let found = "validate_answer_rrs: {fail_if_not_matches_regexp: ['192\\.0\\.2\\.7']}";
    "modules:\n".to_owned()
        + &module("dot", format!("query_name: a.example, {dot}, {trusted}, {found}"))
        + &module("dot_gone", format!("query_name: b.example, {dot}, {trusted}"))
        + &module("dot_stranger", format!("query_name: a.example, {dot}"))
        + &module(
            "dot_name",
            format!(
                "query_name: a.example, {dot}, \
                 tls_config: {{ca_file: {ca}, server_name: other.example}}"
            ),
        )
        + &module("doh", format!("query_name: a.example, dns_over_https: true, {trusted}, {found}"))
        + &module(
            "doh_get",
            format!(
                "query_name: a.example, dns_over_https: true, https_method: GET, {trusted}, {found}"
            ),
        )
        + &module("doh_gone", format!("query_name: b.example, dns_over_https: true, {trusted}"))
        + &module("doh_stranger", "query_name: a.example, dns_over_https: true".to_owned())
        + &module(
            "doh_path",
            format!("query_name: a.example, dns_over_https: true, https_path: /other, {trusted}"),
        )
        + "  doh_late: {prober: dns, timeout: 400ms, dns: {query_name: a, dns_over_https: true}}\n"
        + "  dot_late: {prober: dns, timeout: 400ms, dns: {query_name: a, transport_protocol: tcp, \
           dns_over_tls: true}}\n"
}

#[test]
fn questions_over_tls_and_https_are_answered_and_judged() {
    let Some(server) = unbound() else { return };
    let ours = ours(&modules(&server));
    let (tls, https) = (format!("localhost:{}", server.tls), format!("localhost:{}", server.https));
    let (silent, refused) = (servers::silent().to_string(), format!("127.0.0.1:{}", free_port()));
    for (module, target, reason) in [
        ("dot", tls.clone(), None),
        ("dot", format!("127.0.0.1:{}", server.tls), None),
        ("dot_gone", tls.clone(), Some(Reason::Rcode)),
        ("dot_stranger", tls.clone(), Some(Reason::Tls)),
        ("dot_name", tls, Some(Reason::Tls)),
        ("dot", refused.clone(), Some(Reason::Connect)),
        ("dot_late", silent.clone(), Some(Reason::Timeout)),
        ("doh", https.clone(), None),
        ("doh_get", https.clone(), None),
        ("doh_gone", https.clone(), Some(Reason::Rcode)),
        ("doh_stranger", https.clone(), Some(Reason::Tls)),
        ("doh_path", https, Some(Reason::Status)),
        ("doh", refused, Some(Reason::Connect)),
        ("doh_late", silent, Some(Reason::Timeout)),
    ] {
        let outcome = probe(&ours, module, &target);
        assert_eq!(outcome.reason, reason, "{module} {target}\n{}", outcome.log);
        let value = |name: &str| {
            let family = outcome.families.iter().find(|family| family.name == name).unwrap();
            family.points[0].value
        };
        if reason.is_none() {
            assert_eq!(value("probe_dns_answer_rrs"), 1.0);
            assert_eq!(outcome.findings.body.as_deref(), Some("192.0.2.7"));
            assert_eq!(outcome.certificates[0].common_name, "localhost", "for its expiry");
        }
        let asked = matches!(reason, None | Some(Reason::Rcode));
        assert_eq!(value("probe_dns_query_succeeded"), f64::from(u8::from(asked)), "{module}");
    }
}

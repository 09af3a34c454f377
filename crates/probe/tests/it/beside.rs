//! The same probes by Debian's exporter and by us: the same series with the same values.

use crate::exporter::{Exporter, as_of_0_23, lines, ours, probe, start};
use crate::servers::{self, Nginx};
use probe::{Modules, Reason};
use testkit::free_port;

/// Probes on both sides and compares.
fn compare(exporter: &Exporter, modules: &Modules, module: &str, target: &str) -> Option<Reason> {
    let theirs = lines(&exporter.probe(module, target));
    let outcome = probe(modules, module, target);
    let own = lines(&as_of_0_23(&outcome.families));
    assert_eq!(own, theirs, "{module} {target}\n{}", outcome.log);
    outcome.reason
}

/// Methods, redirects, sizes, authorities and names: what differs is told by the rows.
fn more_modules(nginx: &Nginx) -> String {
    let (ca, own) = (nginx.ca(), nginx.folder.path().join("own.pem").display().to_string());
    let module = |name: &str, keys: &str| format!("  {name}: {{prober: http, http: {{{keys}}}}}\n");
    let body = |expected: &str| format!("fail_if_body_not_matches_regexp: ['^{expected}$']");
    "modules:\n".to_owned()
        + &module("get", "method: GET")
        + &module("head", "method: HEAD")
        + &module("put", &format!("method: PUT, body: x, {}", body("PUT")))
        + &module("delete", &format!("method: DELETE, {}", body("DELETE")))
        + &module("post_then_get", &format!("method: POST, body: x, {}", body("GET")))
        + &module("post_on", "method: POST, body: x")
        + &module("stays", "follow_redirects: false, valid_status_codes: [303, 308]")
        + &module("small", "body_size_limit: 64KB")
        + &module("roomy", "body_size_limit: 2MB")
        + &module("trusted", &format!("tls_config: {{ca_file: {ca}}}"))
        + &module("trusts_own", &format!("tls_config: {{ca_file: {own}}}"))
        + &module("named", &format!("tls_config: {{ca_file: {ca}, server_name: localhost}}"))
        + &module("misnamed", &format!("tls_config: {{ca_file: {ca}, server_name: a.example}}"))
        + &module("codes", "valid_status_codes: [404, 401]")
}

#[test]
fn methods_redirects_sizes_and_names_agree_with_the_exporter() {
    let Some(nginx) = servers::nginx() else { return };
    let modules = more_modules(&nginx);
    let Some(exporter) = start(&modules) else { return };
    let ours = ours(&modules);
    let plain = |path: &str| format!("http://127.0.0.1:{}{path}", nginx.plain);
    let tls = format!("https://localhost:{}", nginx.tls);
    let own = format!("https://localhost:{}", nginx.own);
    for (module, target, reason) in [
        ("head", plain("/"), None),
        ("head", plain("/large"), None),
        ("put", plain("/post"), None),
        ("put", plain("/"), Some(Reason::Status)),
        ("delete", plain("/post"), None),
        ("post_then_get", plain("/other"), None),
        ("get", plain("/other"), None),
        ("get", plain("/permanent"), None),
        ("post_on", plain("/permanent"), None),
        ("post_on", plain("/moved"), None),
        ("stays", plain("/other"), None),
        ("stays", plain("/permanent"), None),
        ("small", plain("/large"), Some(Reason::Body)),
        ("roomy", plain("/large"), None),
        ("get", plain("/large"), None),
        ("trusted", plain("/to-tls"), None),
        ("get", plain("/to-tls"), Some(Reason::Tls)),
        ("trusts_own", own.clone(), None),
        ("trusted", own, Some(Reason::Tls)),
        ("named", format!("https://127.0.0.1:{}", nginx.tls), None),
        ("named", tls.clone(), None),
        ("misnamed", tls, Some(Reason::Tls)),
        ("codes", plain("/missing"), None),
        ("codes", plain("/secret"), None),
        ("codes", plain("/"), Some(Reason::Status)),
    ] {
        assert_eq!(compare(&exporter, &ours, module, &target), reason, "{module} {target}");
    }
}

fn http_modules(nginx: &Nginx) -> String {
    let ca = nginx.ca();
    let trusted = format!("tls_config: {{ca_file: {ca}}}");
    format!(
        "modules:\n\
         \x20 plain: {{prober: http, http: {{preferred_ip_protocol: ip4}}}}\n\
         \x20 post: {{prober: http, http: {{method: POST, body: 'x=1', \
         fail_if_body_not_matches_regexp: ['^POST$']}}}}\n\
         \x20 trusted: {{prober: http, http: {{{trusted}}}}}\n\
         \x20 trusted_http1: {{prober: http, http: {{{trusted}, enable_http2: false}}}}\n\
         \x20 insecure: {{prober: http, http: {{tls_config: {{insecure_skip_verify: true}}}}}}\n\
         \x20 stays: {{prober: http, http: {{follow_redirects: false, \
         valid_status_codes: [302]}}}}\n\
         \x20 body: {{prober: http, http: {{fail_if_body_matches_regexp: ['hello .*y']}}}}\n\
         \x20 not_body: {{prober: http, http: {{fail_if_body_not_matches_regexp: ['\\d']}}}}\n\
         \x20 header: {{prober: http, http: {{fail_if_header_not_matches: \
         [{{header: x-thing, regexp: ^o}}]}}}}\n\
         \x20 no_header: {{prober: http, http: {{fail_if_header_matches: \
         [{{header: X-Absent, regexp: ^o}}]}}}}\n\
         \x20 version: {{prober: http, http: {{valid_http_versions: ['HTTP/2.0']}}}}\n\
         \x20 basic: {{prober: http, http: {{basic_auth: {{username: u, password: p}}}}}}\n\
         \x20 host: {{prober: http, http: {{headers: {{Host: virtual.example}}, \
         fail_if_body_not_matches_regexp: ['^virtual.example$']}}}}\n\
         \x20 limit: {{prober: http, http: {{body_size_limit: 4B}}}}\n\
         \x20 not_ssl: {{prober: http, http: {{fail_if_ssl: true, {trusted}}}}}\n\
         \x20 only_ssl: {{prober: http, http: {{fail_if_not_ssl: true}}}}\n"
    )
}

#[test]
fn http_and_https_agree_with_the_exporter() {
    let Some(nginx) = servers::nginx() else { return };
    let modules = http_modules(&nginx);
    let Some(exporter) = start(&modules) else { return };
    let ours = ours(&modules);
    let plain = format!("127.0.0.1:{}", nginx.plain);
    let tls = format!("https://localhost:{}", nginx.tls);
    let http2 = format!("https://127.0.0.1:{}", nginx.http2);
    let expired = format!("https://localhost:{}", nginx.expired);
    let refused = format!("127.0.0.1:{}", free_port());
    for (module, target, reason) in [
        ("plain", plain.clone(), None),
        ("plain", format!("http://localhost:{}/", nginx.plain), None),
        ("plain", format!("{plain}/missing"), Some(Reason::Status)),
        ("plain", format!("{plain}/moved"), None),
        ("plain", format!("{plain}/elsewhere"), None),
        ("plain", format!("{plain}/loop"), Some(Reason::Status)),
        ("plain", refused, Some(Reason::Connect)),
        ("stays", format!("{plain}/moved"), None),
        ("post", format!("{plain}/post"), None),
        ("body", plain.clone(), Some(Reason::Body)),
        ("not_body", plain.clone(), Some(Reason::Body)),
        ("header", plain.clone(), None),
        ("no_header", plain.clone(), Some(Reason::Header)),
        ("version", plain.clone(), Some(Reason::Version)),
        ("basic", format!("{plain}/secret"), None),
        ("plain", format!("{plain}/secret"), Some(Reason::Status)),
        ("plain", format!("http://u:p@{plain}/secret"), None),
        ("host", format!("{plain}/host"), None),
        ("limit", plain.clone(), Some(Reason::Body)),
        ("only_ssl", plain.clone(), Some(Reason::Encryption)),
        ("trusted", tls.clone(), None),
        ("trusted", http2.clone(), None),
        ("trusted_http1", http2.clone(), None),
        ("version", http2.clone(), Some(Reason::Tls)),
        ("insecure", tls.clone(), None),
        ("insecure", expired.clone(), None),
        ("trusted", expired, Some(Reason::Tls)),
        ("plain", tls.clone(), Some(Reason::Tls)),
        ("not_ssl", tls, Some(Reason::Encryption)),
    ] {
        assert_eq!(compare(&exporter, &ours, module, &target), reason, "{module} {target}");
    }
}

#[test]
fn slow_hanging_and_compressed_answers_agree_with_the_exporter() {
    let Some(nginx) = servers::nginx() else { return };
    let body = "fail_if_body_not_matches_regexp: ['^compressed body$']";
    let modules = format!(
        "modules:\n\
         \x20 plain: {{prober: http, timeout: 5s}}\n\
         \x20 short: {{prober: http, timeout: 700ms}}\n\
         \x20 gzip: {{prober: http, http: {{compression: gzip, {body}}}}}\n\
         \x20 deflate: {{prober: http, http: {{compression: deflate, {body}}}}}\n"
    );
    let Some(exporter) = start(&modules) else { return };
    let ours = ours(&modules);
    let plain = format!("127.0.0.1:{}", nginx.plain);
    let path = |path: &str| format!("{plain}{path}");
    for (module, target, reason) in [
        ("short", servers::silent().to_string(), Some(Reason::Timeout)),
        ("plain", servers::slow(300, "late").to_string(), None),
        ("short", servers::slow(3000, "late").to_string(), Some(Reason::Timeout)),
        ("gzip", path("/zipped"), None),
        ("deflate", path("/deflated"), None),
    ] {
        assert_eq!(compare(&exporter, &ours, module, &target), reason, "{module} {target}");
    }
    // The exporter counts the time until the first byte, whatever it is, and looks at no
    // expression where the compression is not the promised one.
    for (module, target, reason) in [
        ("plain", servers::garbage().to_string(), Reason::Protocol),
        ("gzip", path("/deflated"), Reason::Body),
        ("gzip", path("/host"), Reason::Body),
        ("plain", format!("https://localhost:{}", nginx.own), Reason::Tls),
    ] {
        assert_eq!(probe(&ours, module, &target).reason, Some(reason), "{module} {target}");
    }
}

#[test]
fn tcp_conversations_agree_with_the_exporter() {
    let Some(nginx) = servers::nginx() else { return };
    let modules = format!(
        "modules:\n\
         \x20 connect: {{prober: tcp}}\n\
         \x20 tls: {{prober: tcp, tcp: {{tls: true, tls_config: {{ca_file: {}}}}}}}\n\
         \x20 talk:\n    prober: tcp\n    tcp:\n      query_response:\n\
         \x20     - expect: '^220 (\\S+) ready v(.*)$'\n        send: 'HELO ${{1}} ${{2}}'\n\
         \x20     - expect: '^250 HELO mail.example 1\\.2$'\n\
         \x20     - send: QUIT\n\
         \x20 never:\n    prober: tcp\n    tcp:\n      query_response:\n\
         \x20     - send: QUIT\n      - expect: '^999'\n\
         \x20 late:\n    prober: tcp\n    timeout: 300ms\n    tcp:\n      query_response:\n\
         \x20     - expect: '^999'\n",
        nginx.ca()
    );
    let Some(exporter) = start(&modules) else { return };
    let ours = ours(&modules);
    let talk = servers::lines().to_string();
    let silent = servers::silent().to_string();
    for (module, target, reason) in [
        ("connect", talk.clone(), None),
        ("connect", format!("127.0.0.1:{}", free_port()), Some(Reason::Connect)),
        ("connect", "127.0.0.1".to_owned(), Some(Reason::Config)),
        ("talk", talk.clone(), None),
        ("never", talk, Some(Reason::Expect)),
        ("late", silent, Some(Reason::Timeout)),
        ("tls", format!("localhost:{}", nginx.tls), None),
        ("tls", format!("localhost:{}", nginx.expired), Some(Reason::Tls)),
    ] {
        assert_eq!(compare(&exporter, &ours, module, &target), reason, "{module} {target}");
    }
}

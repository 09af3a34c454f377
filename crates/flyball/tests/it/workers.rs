//! Probes from elsewhere: a server and its workers as processes of their own. Workers are killed,
//! hang, want other credentials, lack modules; targets are unknown then and never down.

use crate::server::{Server, run};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use testkit::http::{Reply, exchange};
use testkit::{free_port, wait_for};

/// bcrypt of `hunter2`.
const USERS: &str = "basic_auth_users: {ann: HASH}\n";
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVm";

/// A server of HTTP that answers `ok`.
fn target() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 4096];
            let _count = stream.read(&mut head);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
            let _gone = stream.write_all(answer);
        }
    });
    address
}

/// A worker that is not started yet, at a port of its own.
fn worker(flags: &[&str]) -> (Server, u16) {
    let port = free_port();
    let listen = format!("--web.listen-address=127.0.0.1:{port}");
    (Server::prepare(&[&["probe", "worker", &listen], flags].concat()), port)
}

fn launch(worker: &mut Server, port: u16) {
    worker.launch();
    wait_for("the worker listens", || TcpStream::connect(("127.0.0.1", port)).ok());
}

fn post(worker: &Server, body: &Value) -> Reply {
    let body = body.to_string();
    exchange(worker.address(), "POST", "/probe", &[], body.as_bytes()).unwrap()
}

/// The one result of the schedule that a question wants.
fn result(server: &Server, query: &str) -> Value {
    let reply = server.get(&format!("/api/flyball/v1/probes?{query}"));
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(answer["data"].as_array().unwrap().len(), 1, "{query}: {answer}");
    answer["data"][0].clone()
}

fn is(value: f64) -> impl Fn(&[(Value, f64)]) -> bool {
    move |found| found.len() == 1 && found[0].1 == value
}

/// Series of the probe `web`.
fn web(good: SocketAddr, name: &str, more: &str) -> String {
    format!("{name}{{job=\"web\", instance=\"http://{good}/\", {more}}}")
}

/// Waits until everybody has told what the configuration below asks.
fn await_first_results(server: &Server, good: SocketAddr) {
    let web = |name: &str, more: &str| web(good, name, more);
    let from = |name: &str, location: &str| web(name, &format!("location=\"{location}\""));
    for (expr, value) in [
        (from("flyball_probe_healthy", "here"), 1.0),
        (from("flyball_probe_healthy", "paris"), 1.0),
        (from("probe_http_status_code", "paris"), 200.0),
        (web("flyball_probe_unknown", "location=\"berlin\", reason=\"auth\""), 1.0),
        ("flyball_probe_failure{job=\"web\", location=\"paris\", reason=\"connect\"}".into(), 1.0),
        ("flyball_probe_failure{job=\"web\", location=\"here\", reason=\"connect\"}".into(), 1.0),
        ("flyball_probe_condition{job=\"api\", condition=\"[BODY] == ok\"}".into(), 1.0),
        ("flyball_probe_step_success{job=\"flow\", step=\"second\"}".into(), 1.0),
        ("flyball_probe_healthy{job=\"flow\", location=\"paris\"}".into(), 1.0),
        ("flyball_probe_unknown{job=\"lacking\", reason=\"refused\"}".into(), 1.0),
        ("min(up{location=\"berlin\"})".into(), 1.0),
    ] {
        server.wait_for_query(&expr, is(value));
    }
}

#[test]
fn inv_102_a_target_is_seen_from_several_places_and_unknown_where_a_worker_is_gone() {
    let (mut paris, port) = worker(&["--web.config.file=web.yml"]);
    paris.write("web.yml", &USERS.replace("HASH", &format!("'{HASH}'")));
    launch(&mut paris, port);
    let good = target();
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    let location = |name: &str, port: u16, password: &str| {
        format!(
            "- {{name: {name}, url: 'http://127.0.0.1:{port}', username: ann, \
                 password: {password}}}\n"
        )
    };
    let text = "probe_locations:\n".to_owned()
        + &location("paris", port, "hunter2")
        + &location("berlin", port, "hunter3")
        + &format!(
            "probes:\n- name: web\n  targets: ['http://{good}/', '127.0.0.1:{}']\n  \
             interval: 500ms\n  locations: [here, paris, berlin]\n- name: api\n  \
             targets: ['http://{good}/']\n  interval: 500ms\n  locations: [paris]\n  \
             conditions: ['[BODY] == ok', '[STATUS] == 404']\n- name: flow\n  interval: 500ms\n  \
             locations: [paris]\n  steps:\n  - {{name: first, url: 'http://{good}/', \
             store: {{word: '[BODY]'}}}}\n  - {{name: second, url: 'http://{good}/', \
             conditions: ['[BODY] == [CONTEXT].word']}}\n- name: lacking\n  module: not_there\n  \
             targets: [a]\n  interval: 500ms\n  locations: [paris]\n",
            free_port()
        );
    server.write("flyball.yml", &text);
    server.run();
    let web = |name: &str, more: &str| web(good, name, more);
    let from = |name: &str, location: &str| web(name, &format!("location=\"{location}\""));
    await_first_results(&server, good);
    for gone in ["probe_success", "flyball_probe_healthy", "flyball_probe_failure"] {
        assert_eq!(server.query(&from(gone, "berlin")), [], "{gone}: nobody knows");
    }
    let api = result(&server, "job=api");
    assert_eq!((&api["reason"], &api["location"]), (&json!("condition"), &json!("paris")));
    assert_eq!(api["conditions"][1]["actual"], "[STATUS] (200) == 404", "{api}");
    assert_eq!(result(&server, "job=flow")["conditions"][0]["step"], "second");
    let lacking = result(&server, "job=lacking");
    assert_eq!((&lacking["state"], &lacking["unknown"]), (&json!("unknown"), &json!("refused")));
    assert!(lacking["why"].as_str().unwrap().contains("no module \"not_there\""), "{lacking}");
    let own = server.get("/metrics").text();
    for line in ["_up{location=\"berlin\"} 0", "_up{location=\"paris\"} 1"] {
        assert!(own.contains(&format!("flyball_probe_location{line}")), "{line} in {own}");
    }
    assert!(!server.log().contains("hunter"), "{}", server.log());

    let gone = |reason: &str| {
        let unknown =
            web("flyball_probe_unknown", &format!("location=\"paris\", reason=\"{reason}\""));
        server.wait_for_query(&unknown, is(1.0));
        server.wait_for_query(&from("flyball_probe_healthy", "paris"), <[_]>::is_empty);
        server.wait_for_query(&from("probe_success", "paris"), <[_]>::is_empty);
        assert!(is(1.0)(&server.query(&from("flyball_probe_healthy", "here"))));
        // Its turn is at another moment of the interval.
        wait_for("the suite is unknown", || {
            (result(&server, "job=flow")["state"] == "unknown").then_some(())
        });
    };
    paris.kill();
    gone("connect");
    launch(&mut paris, port);
    server.wait_for_query(&from("flyball_probe_healthy", "paris"), is(1.0));
    paris.signal("STOP");
    gone("timeout");
    paris.signal("CONT");
    server.wait_for_query(&from("flyball_probe_healthy", "paris"), is(1.0));
    let log = server.log();
    let told = log.matches("a worker of probes does not answer").count();
    assert!((3..=6).contains(&told), "once for each time that one is gone, not per target:\n{log}");
}

#[test]
fn a_worker_answers_batches_and_single_probes_within_bounds() {
    let (mut worker, _) = worker(&["--blackbox.config.file=blackbox.yml"]);
    let modules = "modules:\n  http_2xx: {prober: http}\n  \
        strict: {prober: http, http: {fail_if_body_not_matches_regexp: [wanted]}}\n";
    worker.write("blackbox.yml", modules);
    worker.run();
    let good = target();
    let url = format!("http://{good}/");
    let reply = post(
        &worker,
        &json!({ "probes": [
            { "target": url, "timeout_ms": 5000, "conditions": ["[STATUS] == 200", "[BODY] == no"] },
            { "module": "strict", "target": url, "timeout_ms": 5000 },
            { "module": "none", "target": url, "timeout_ms": 5000 },
            { "target": url, "timeout_ms": 0 },
            { "target": url, "timeout_ms": 1000, "conditions": ["[STATSU] == 200"] },
            { "timeout_ms": 1000 },
        ]}),
    );
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results[0]["outcome"]["conditions"][1]["shown"], "[BODY] (ok) == no", "{answer}");
    assert_eq!(results[0]["outcome"]["reason"], "condition");
    assert_eq!(results[1]["outcome"]["reason"], "body");
    for (index, why) in [
        (2, "no module \"none\""),
        (3, "`timeout_ms` is above 0"),
        (4, "there is no placeholder `[STATSU]`"),
        (5, "a probe needs `target` or `steps`"),
    ] {
        let error = results[index]["error"].as_str().unwrap();
        assert!(error.contains(why), "{index}: {error}");
    }
    let many = vec![json!({"target": "a", "timeout_ms": 1}); 101];
    for (body, status) in [
        (json!({ "probes": many }), 400),
        (json!({ "probes": [{"target": "a", "timeout_ms": 1, "proxy": "x"}] }), 400),
        (json!("x".repeat(2 << 20)), 413),
    ] {
        assert_eq!(post(&worker, &body).status, status);
    }
    let page = worker.get(&format!("/probe?target={url}"));
    assert!(page.text().contains("\nprobe_success 1\n"), "{}", page.text());
    assert_eq!(worker.get("/api/v1/query?query=1").status, 404, "nothing else is there");
    let foreign = ["Sec-Fetch-Site: cross-site"];
    let reply = exchange(worker.address(), "POST", "/probe", &foreign, b"{}").unwrap();
    assert_eq!(reply.status, 403, "a page of another site may not probe");
    let own = worker.get("/metrics").text();
    assert!(own.contains("\nflyball_probe_requests_total{result=\"failure\"} 2\n"), "{own}");

    worker.write("blackbox.yml", &modules.replace("strict", "later"));
    worker.signal("HUP");
    wait_for("the modules are read again", || {
        let page = worker.get(&format!("/probe?target={url}&module=later"));
        (page.status == 200).then_some(())
    });
    assert!(worker.terminate().success());
}

#[test]
fn a_worker_that_others_can_reach_wants_to_know_who_asks() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["probe", "worker", "--web.listen-address=0.0.0.0:0"];
    let (code, _, error) = run(folder.path(), &words);
    assert_eq!(code, 1);
    assert!(error.contains("refusing to listen on 0.0.0.0:0 without authentication"), "{error}");
}

/// An authority, and certificates of `localhost` and of a client that it signed.
fn certificates(folder: &Path) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    std::fs::write(folder.join("ca.pem"), pem).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    for name in ["localhost", "client"] {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.join(format!("{name}.pem")), leaf.pem()).unwrap();
        std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}

#[test]
fn a_worker_knows_its_server_by_a_certificate() {
    let (mut worker, port) = worker(&["--web.config.file=web.yml"]);
    certificates(worker.folder.path());
    worker.write(
        "web.yml",
        "tls_server_config: {cert_file: localhost.pem, key_file: localhost.key, \
         client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}\n",
    );
    launch(&mut worker, port);
    let good = target();
    let dir = worker.folder.path().display();
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    let text = format!(
        "probe_locations:\n- name: known\n  url: https://localhost:{port}\n  \
         tls: {{ca_file: {dir}/ca.pem, cert_file: {dir}/client.pem, key_file: {dir}/client.key}}\n\
         - {{name: nameless, url: 'https://localhost:{port}', tls: {{ca_file: {dir}/ca.pem}}}}\n\
         - {{name: wary, url: 'https://localhost:{port}'}}\n\
         probes:\n- name: web\n  targets: ['http://{good}/']\n  interval: 500ms\n  \
         locations: [known, nameless, wary]\n"
    );
    server.write("flyball.yml", &text);
    server.run();
    server.wait_for_query("flyball_probe_healthy{location=\"known\"}", is(1.0));
    server.wait_for_query("flyball_probe_unknown{location=\"wary\", reason=\"tls\"}", is(1.0));
    server.wait_for_query("flyball_probe_unknown{location=\"nameless\"}", is(1.0));
    assert_eq!(server.query("probe_success{location!=\"known\"}"), []);
}

//! Probes through the binary: asked for at `/probe`, and on the schedule of flyball.yml.

use crate::server::Server;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use testkit::{free_port, wait_for};

const MODULES: &str = "modules:\n  http_2xx: {prober: http, timeout: 5s}\n  \
    strict: {prober: http, http: {fail_if_body_not_matches_regexp: [wanted]}}\n";

/// A server of HTTP with a body of two bytes.
fn target() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let _count = stream.read(&mut head).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
            stream.write_all(answer).unwrap();
        }
    });
    address
}

#[test]
fn probes_are_made_on_request_with_the_modules_of_a_file() {
    let server = Server::start(&["--config.file=/dev/null"]);
    let reply = server.get("/probe?target=127.0.0.1:1");
    assert_eq!(reply.status, 404, "no file, no probes on request: {}", reply.text());

    let mut server = Server::prepare(&["--blackbox.config.file=blackbox.yml"]);
    server.write("blackbox.yml", MODULES);
    server.run();
    let target = target();
    let page = server.get(&format!("/probe?target={target}"));
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(page.text().contains("\nprobe_success 1\n"), "{}", page.text());
    assert!(page.text().contains("\nprobe_http_content_length 2\n"), "{}", page.text());
    let strict = server.get(&format!("/probe?target={target}&module=strict&debug=true"));
    let text = strict.text();
    for part in [
        "Logs for the probe:",
        "Body did not match regular expression wanted",
        "\nprobe_failed_due_to_regex 1\n",
        "Module configuration:\nprober: http",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    for (path, status, text) in [
        ("/probe?target=a&module=x", 400, "Unknown module \"x\"\n"),
        ("/probe", 400, "Target parameter is missing\n"),
    ] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text().as_str()), (status, text), "{path}");
    }
    let request = format!("/probe?target={target}");
    let headers = ["Sec-Fetch-Site: cross-site"];
    let reply = testkit::http::exchange(server.address(), "GET", &request, &headers, b"").unwrap();
    assert_eq!(reply.status, 403, "a page of another site may not probe");
    let own = server.get("/metrics").text();
    assert!(own.contains("\nblackbox_module_unknown_total 1\n"), "{own}");
    assert!(own.contains("\nflyball_probe_requests_total{result=\"failure\"} 1\n"), "{own}");
}

#[test]
fn a_schedule_stores_series_judges_health_and_ends_with_its_configuration() {
    let (good, bad) = (target(), free_port());
    let mut server = Server::prepare(&["--config.file=flyball.yml", "--web.enable-lifecycle"]);
    let probes = format!(
        "probes:\n- name: web\n  targets: ['http://{good}/', '127.0.0.1:{bad}']\n  \
         interval: 500ms\n  labels: {{team: a}}\n"
    );
    server.write("flyball.yml", &probes);
    server.run();
    let of = |name: &str, instance: &str| {
        format!("{name}{{job=\"web\", team=\"a\", instance=\"{instance}\"}}")
    };
    let url = format!("http://{good}/");
    let dead = format!("127.0.0.1:{bad}");
    for (expr, expected) in [
        (of("flyball_probe_healthy", &url), 1.0),
        (of("probe_http_status_code", &url), 200.0),
        (of("up", &dead), 1.0),
        (of("flyball_probe_healthy", &dead), 0.0),
        (of("probe_success", &dead), 0.0),
        (format!("flyball_probe_failure{{reason=\"connect\", instance=\"{dead}\"}}"), 1.0),
    ] {
        server.wait_for_query(&expr, |found| found.iter().any(|(_, value)| *value == expected));
    }
    let targets = server.get("/api/v1/targets?state=active").text();
    assert!(targets.contains(&format!("probe:{dead}")), "{targets}");

    server.write("flyball.yml", &probes.replace(&format!(", '{dead}'"), ""));
    server.signal("HUP");
    server.wait_for_query(&of("probe_success", &dead), <[_]>::is_empty);
    server.wait_for_query(&of("probe_success", &url), |found| found.len() == 1);
}

#[test]
fn a_probe_whose_module_is_missing_refuses_the_configuration() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", "probes:\n- {name: web, module: http_3xx, targets: [a]}\n");
    server.launch();
    wait_for("the server ends", || (!server.wait().success()).then_some(()));
    let log = server.log();
    let message = "`web` has the module `http_3xx`, which is not in the built-in modules";
    assert!(log.contains(message), "{log}");
}

#[test]
fn conditions_and_steps_are_series_and_say_why_in_the_log() {
    let good = target();
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write(
        "flyball.yml",
        &format!(
            "probes:\n- name: api\n  targets: ['http://{good}/']\n  interval: 500ms\n  \
             conditions: ['[BODY] == ok', '[STATUS] == 404']\n- name: suite\n  interval: 500ms\n  \
             steps:\n  - {{name: first, url: 'http://{good}/', store: {{word: '[BODY]'}}}}\n  \
             - {{name: second, url: 'http://{good}/[CONTEXT].word', \
             conditions: ['[BODY] == [CONTEXT].word']}}\n"
        ),
    );
    server.run();
    for (expr, expected) in [
        ("flyball_probe_condition{job=\"api\", condition=\"[BODY] == ok\"}", 1.0),
        ("flyball_probe_condition{job=\"api\", condition=\"[STATUS] == 404\"}", 0.0),
        ("flyball_probe_failure{job=\"api\", reason=\"condition\"}", 1.0),
        ("flyball_probe_step_success{job=\"suite\", instance=\"suite\", step=\"second\"}", 1.0),
        ("flyball_probe_condition{job=\"suite\", step=\"second\"}", 1.0),
        ("flyball_probe_healthy{job=\"suite\"}", 1.0),
        ("flyball_probe_healthy{job=\"api\"}", 0.0),
    ] {
        server.wait_for_query(expr, |found| found.iter().any(|(_, value)| *value == expected));
    }
    let log = server.log();
    assert!(log.contains("condition does not hold: [STATUS] (200) == 404"), "{log}");
}

#[test]
fn a_condition_that_cannot_be_read_refuses_the_configuration_with_its_place() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    let text = "probes:\n- name: api\n  targets: [http://a.example]\n  conditions:\n  \
                - '[STATUS] == 200'\n  - '[STATSU] == 200'\n";
    server.write("flyball.yml", text);
    server.launch();
    wait_for("the server ends", || (!server.wait().success()).then_some(()));
    let log = server.log();
    assert!(log.contains("flyball.yml:6:5: there is no placeholder `[STATSU]`"), "{log}");
}

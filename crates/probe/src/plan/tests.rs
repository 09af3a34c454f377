//! Suites against a small server that keeps items, and mistakes with their places.

use super::*;
use crate::Reason;
use config::Outside;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use sys::{OsVfs, SystemEntropy};

/// Requests that a server got: method, path, key and body.
type Got = Arc<Mutex<Vec<String>>>;

/// Answers `POST /items` with an identity, `GET /items/7` with the price, all else with 204.
fn server() -> (SocketAddr, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let got = Got::default();
    let kept = Arc::clone(&got);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut key, mut length) = (String::new(), String::new(), 0);
            let _gone = reader.read_line(&mut first);
            for line in reader.by_ref().lines().map_while(Result::ok) {
                let line = line.to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
                if let Some(value) = line.strip_prefix("x-key: ") {
                    value.clone_into(&mut key);
                }
            }
            let mut body = vec![0; length];
            let _gone = reader.read_exact(&mut body);
            let line = first.rsplit_once(' ').map_or("", |(line, _)| line);
            let body = String::from_utf8_lossy(&body);
            kept.lock().unwrap().push(format!("{line} {key} {body}").trim_end().to_owned());
            let (status, body) = match line {
                "POST /items" => ("201 Created", "{\"id\": 7, \"key\": \"k 1\"}"),
                "GET /items/7" => ("200 OK", "{\"price\": 19.99}"),
                _ => ("204 No Content", ""),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            let _gone = stream.write_all((head + body).as_bytes());
        }
    });
    (address, got)
}

fn jobs(text: &str) -> Vec<ScheduledProbe> {
    config::load_any("flyball.yml", text, &Outside::nothing())
        .map(|loaded| match loaded.config {
            config::ConfigFile::Flyball(flyball) => flyball.probes,
            config::ConfigFile::Prometheus(_) => panic!("a flyball.yml"),
        })
        .unwrap()
}

fn world() -> World {
    let policy = Arc::new(net::AddressPolicy::default());
    let options = net::ClientOptions { policy, vfs: Arc::new(OsVfs) };
    World { options, entropy: Arc::new(SystemEntropy) }
}

async fn turn(text: &str) -> Outcome {
    let (world, jobs) = (world(), jobs(text));
    assert_eq!(check(&jobs[0]), []);
    let modules = Modules::new(&crate::built_in(), &world);
    let (_, mut plan) = plans(&jobs[0], &world).unwrap().remove(0);
    plan.turn(&modules, Timestamp::from_ms(0)).await.unwrap()
}

fn suite(address: SocketAddr, price: &str) -> String {
    format!(
        "version: 1\nprobes:\n- name: items\n  context: {{price: '19.99'}}\n  steps:\n\
         \x20 - name: create\n    url: http://{address}/items\n    method: POST\n\
         \x20   body: '{{\"price\": [CONTEXT].price}}'\n\
         \x20   conditions: ['[STATUS] == 201', 'len([BODY].key) == 3']\n\
         \x20   store: {{id: '[BODY].id', key: '[BODY].key'}}\n\
         \x20 - name: read\n    url: http://{address}/items/[CONTEXT].id\n\
         \x20   headers: {{X-Key: '[CONTEXT].key'}}\n\
         \x20   conditions: ['[BODY].price == {price}']\n\
         \x20 - name: update\n    url: http://{address}/items/[CONTEXT].id\n    method: PUT\n\
         \x20 - name: remove\n    url: http://{address}/items/[CONTEXT].id\n    method: DELETE\n\
         \x20   always_run: true\n    conditions: ['[STATUS] == 204']\n"
    )
}

fn steps(outcome: &Outcome) -> Vec<(String, f64)> {
    let family = outcome.families.iter().find(|f| f.name == "flyball_probe_step_success");
    let points = &family.expect("steps").points;
    points.iter().map(|p| (p.labels.get("step").unwrap().to_owned(), p.value)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_hand_values_on() {
    let (address, got) = server();
    let outcome = turn(&suite(address, "[CONTEXT].price")).await;
    assert!(outcome.success, "{:?}\n{}", outcome.findings.why, outcome.log);
    let expected = ["create", "read", "update", "remove"].map(|name| (name.to_owned(), 1.0));
    assert_eq!(steps(&outcome), expected);
    assert_eq!(
        *got.lock().unwrap(),
        ["POST /items  {\"price\": 19.99}", "GET /items/7 k 1", "PUT /items/7", "DELETE /items/7",]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_step_ends_a_suite_but_for_those_that_always_run() {
    let (address, got) = server();
    let outcome = turn(&suite(address, "20")).await;
    assert_eq!((outcome.success, outcome.reason), (false, Some(Reason::Condition)));
    let why = outcome.findings.why.as_deref().unwrap();
    assert_eq!(why, "step read: condition does not hold: [BODY].price (19.99) == 20");
    let expected = [("create", 1.0), ("read", 0.0), ("remove", 1.0)];
    assert_eq!(steps(&outcome), expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(got.lock().unwrap().last().unwrap(), "DELETE /items/7");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_nobody_left_fails_its_step_and_asks_nothing() {
    let (address, got) = server();
    let text = format!(
        "version: 1\nprobes:\n- name: s\n  steps:\n  - {{name: a, url: 'http://{address}/[CONTEXT].none'}}\n"
    );
    let outcome = turn(&text).await;
    assert_eq!(outcome.reason, Some(Reason::Config));
    assert!(outcome.findings.why.unwrap().contains("[CONTEXT].none"));
    assert!(got.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_judge_alone_without_a_module_and_beside_one() {
    let (address, _) = server();
    let job = |module: &str, condition: &str| {
        format!(
            "version: 1\nprobes:\n- {{name: p, {module} targets: ['http://{address}/items/7'], \
             conditions: ['{condition}']}}\n"
        )
    };
    let (none, named) = ("", "module: http_post_2xx,");
    for (module, condition, reason) in [
        (none, "[BODY].price < 20", None),
        (none, "[BODY].price > 20", Some(Reason::Condition)),
        (none, "[STATUS] == 404", Some(Reason::Condition)),
        (named, "[STATUS] == 204", None),
        (named, "[STATUS] == 200", Some(Reason::Condition)),
    ] {
        let outcome = turn(&job(module, condition)).await;
        assert_eq!(outcome.reason, reason, "{module} {condition}\n{}", outcome.log);
        let value = |name: &str| {
            let family = outcome.families.iter().find(|family| family.name == name);
            family.expect(name).points[0].value
        };
        let expected = if reason.is_none() { 1.0 } else { 0.0 };
        assert_eq!(value("flyball_probe_condition"), expected);
        assert_eq!(value("probe_success"), expected);
    }
    let refused = "version: 1\nprobes:\n- {name: p, targets: ['tcp://127.0.0.1:1'], \
                   conditions: ['[RESPONSE_TIME] < 1h']}\n";
    let outcome = turn(refused).await;
    assert_eq!(outcome.reason, Some(Reason::Connect), "no answer is never well");
    let expected = refused.replace("[RESPONSE_TIME] < 1h", "[CONNECTED] == false");
    assert!(turn(&expected).await.success);
}

#[test]
fn mistakes_have_places() {
    let text = "version: 1\nprobes:\n- name: a\n  targets: [ftp://a.example]\n  conditions:\n  \
        - '[STATUS] == 200'\n  - '[CONTEXT].id == 1'\n  - '[STATSU] == 1'\n- name: b\n  steps:\n  \
        - {name: x, url: 'tcp://a', store: {id: '5'}, conditions: ['1 == 1']}\n";
    let told: Vec<String> = jobs(text)
        .iter()
        .flat_map(check)
        .map(|(place, message)| format!("{place}: {}", &message[..message.len().min(40)]))
        .collect();
    assert_eq!(
        told,
        [
            "7:5: `[CONTEXT].id == 1`: `[CONTEXT]` is for ",
            "8:5: there is no placeholder `[STATSU]`; ther",
            "6:5: without `module`: `ftp` is no scheme tha",
            "11:62: `1 == 1` compares nothing that a probe f",
            "11:20: `store`: `5` is no placeholder such as `",
            "11:20: `tcp://a` names no port",
        ]
    );
}

//! The real process, killed again and again: whoever was to be told is told, of the end too, and
//! hardly anything twice.

use crate::sender::now_ms;
use crate::server::{Server, run};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::thread::sleep;
use std::time::Duration;
use testkit::http::{Site, post};
use testkit::wait_for;

const KILLS: i64 = 50;

#[test]
fn inv_53_fifty_kills_lose_no_page_and_no_end() {
    let sink = Site::start(|_| (200, String::new()));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", FLYBALL);
    server.write("alertmanager.yml", &ALERTMANAGER.replace("SINK", &sink.address().to_string()));
    server.run();
    let mut began = Vec::new();
    for round in 0..KILLS {
        began.push(now_ms());
        push(&server, round, now_ms(), now_ms() + 600_000);
        if let Some(starts_ms) = began.iter().rev().nth(3) {
            push(&server, round - 3, *starts_ms, now_ms());
        }
        // Before, during and after the group wait, the delivery and the group interval.
        sleep(Duration::from_millis(u64::try_from(round * 13 % 350).unwrap()));
        server.kill();
        server.run();
    }
    for (round, starts_ms) in (0..KILLS).zip(&began).skip(began.len() - 3) {
        push(&server, round, *starts_ms, now_ms());
    }
    let ended = || {
        let last = last_told(&sink);
        let all = (0..KILLS).all(|round| last.get(&round).is_some_and(|told| told == "resolved"));
        all.then_some(())
    };
    wait_for("the ends of all alerts", ended);
    let fired: HashSet<i64> = told(&sink).filter(|t| t.1 == "firing").map(|t| t.0).collect();
    let unheard: Vec<i64> = (0..KILLS).filter(|round| !fired.contains(round)).collect();
    assert!(unheard.is_empty(), "nobody was told of {unheard:?}");
    let twice = doubles(&sink);
    assert!(twice.values().all(|count| *count <= KILLS), "{twice:?}");
    assert!(twice.values().sum::<i64>() <= KILLS, "{twice:?}");
}

#[test]
fn why_tells_who_was_told_and_what_stood_in_the_way() {
    let sink = Site::start(|_| (200, String::new()));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", FLYBALL);
    server.write("alertmanager.yml", &ALERTMANAGER.replace("SINK", &sink.address().to_string()));
    server.run();
    let url = format!("--alertmanager.url=http://{}", server.address());
    let flyball = |words: &[&str]| {
        let (code, out, err) = run(&server.data_dir(), &[words, &[&url]].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{words:?}");
        out
    };
    flyball(&["silence", "add", "alertname=Killed1", "--comment=known", "--author=ann"]);
    push(&server, 0, now_ms(), now_ms() + 600_000);
    push(&server, 1, now_ms(), now_ms() + 600_000);
    let told = |name: &str, words: &str| {
        let said = || Some(flyball(&["alert", "why", name])).filter(|said| said.contains(words));
        wait_for(words, said)
    };
    let heard = told("Killed0", "told by webhook[0]: first notification");
    assert!(heard.contains("Killed0{round=\"0\"} is active; it goes to ops"), "{heard}");
    let silenced = told("Killed1", "ops: silenced by");
    assert!(silenced.contains("is suppressed, silenced by"), "{silenced}");
    assert!(silenced.contains("held until the group's next turn"), "{silenced}");
    assert!(!silenced.contains("told by"), "{silenced}");
    let preview = flyball(&["silence", "add", "Killed0", "--preview"]);
    assert!(preview.ends_with("1 alert that fires now would be muted; no silence was made\n"));
    let bound = flyball(&["silence", "add", "Killed0", "--until-resolved", "--comment=disk"]);
    let shown = flyball(&["silence", "query", "-o", "json", &format!("--id={}", bound.trim())]);
    assert!(shown.contains(r#""annotations":{"flyball/until":"resolved"}"#), "{shown}");
    let nothing = flyball(&["alert", "why", "Killed2"]);
    assert!(nothing.contains("No alert that matches is routed here now."), "{nothing}");
}

/// Pushes the alert of a round.
fn push(server: &Server, round: i64, starts_ms: i64, ends_ms: i64) {
    let rfc3339 = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
    let labels = json!({"alertname": format!("Killed{}", round % 3), "round": round.to_string()});
    let (starts, ends) = (rfc3339(starts_ms), rfc3339(ends_ms));
    let body = json!([{"labels": labels, "startsAt": starts, "endsAt": ends}]).to_string();
    let headers = ["Content-Type: application/json"];
    let reply = post(server.address(), "/api/v2/alerts", &headers, body.as_bytes()).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Messages that the sink took.
fn messages(sink: &Site) -> Vec<Value> {
    sink.asked().iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect()
}

/// Rounds and states of the alerts of all messages, in their order.
fn told(sink: &Site) -> impl Iterator<Item = (i64, String)> {
    messages(sink).into_iter().flat_map(|message| {
        let alerts = message["alerts"].as_array().unwrap().clone();
        alerts.into_iter().map(|alert| {
            let round = alert["labels"]["round"].as_str().unwrap().parse().unwrap();
            (round, alert["status"].as_str().unwrap().to_owned())
        })
    })
}

fn last_told(sink: &Site) -> BTreeMap<i64, String> {
    told(sink).collect()
}

/// Messages that came twice, by group.
fn doubles(sink: &Site) -> BTreeMap<String, i64> {
    let (mut seen, mut doubles) = (HashSet::new(), BTreeMap::new());
    for message in messages(sink) {
        let group = message["groupKey"].as_str().unwrap().to_owned();
        if !seen.insert(format!("{group} {}", message["alerts"])) {
            *doubles.entry(group).or_default() += 1;
        }
    }
    doubles
}

const FLYBALL: &str = "\
version: 1
alertmanager: alertmanager.yml
default_rules: false
collect: {host: {enabled: false}}
";

const ALERTMANAGER: &str = "\
route: {receiver: ops, group_by: [alertname], group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs:
  - url: http://SINK/hook
";

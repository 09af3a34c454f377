//! Dead letters of the real process: listed, kept over a kill, sent again, counted.

use crate::server::{Server, run};
use testkit::http::{Asked, Site, post};
use testkit::wait_for;

const FLYBALL: &str = "\
version: 1
alertmanager: alertmanager.yml
default_rules: false
collect: {host: {enabled: false}}
";

const ALERTMANAGER: &str = "\
route: {receiver: ops, group_wait: 100ms, group_interval: 1h, repeat_interval: 4h}
receivers:
- name: ops
  webhook_configs: [{url: http://SINK/hook}]
";

#[test]
fn a_message_that_did_not_arrive_is_listed_and_sent_again() {
    let sink = Site::start(|_: &Asked| (404, "no such hook".to_owned()));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", FLYBALL);
    server.write("alertmanager.yml", &ALERTMANAGER.replace("SINK", &sink.address().to_string()));
    server.run();
    let headers = ["Content-Type: application/json"];
    let body = br#"[{"labels":{"alertname":"DiskFull","instance":"db1"}}]"#;
    assert_eq!(post(server.address(), "/api/v2/alerts", &headers, body).unwrap().status, 200);
    let listed = |server: &Server, wanted: &str| {
        let letters = || Some(flyball(server, &[])).filter(|said| said.contains(wanted));
        wait_for(wanted, letters)
    };
    let said = listed(&server, "ops webhook[0]: ");
    assert!(said.contains("404") && said.contains("no such hook"), "{said}");
    assert!(said.contains("firing DiskFull{instance=\"db1\"}"), "{said}");

    server.kill();
    server.run();
    listed(&server, "given up 2 times");
    let counted = r#"flyball_notifications_dead_letters{receiver="ops"} 1"#;
    assert!(server.get("/metrics").text().contains(counted), "{}", server.get("/metrics").text());

    sink.answer_with(|_| (200, String::new()));
    let id = flyball(&server, &["--resend-all"]).trim().to_owned();
    assert_eq!(id.len(), 16, "{id}");
    listed(&server, "Every notification has arrived.");
    let last = sink.asked().pop().unwrap();
    assert!(String::from_utf8(last.body).unwrap().contains("DiskFull"));
    let url = format!("--alertmanager.url=http://{}", server.address());
    let resend = format!("--resend={id}");
    let words = ["alert", "dead-letters", &resend, &url];
    let (code, _, error) = run(server.folder.path(), &words);
    assert_eq!(code, 1);
    assert!(error.contains("no dead letter"), "{error}");
}

fn flyball(server: &Server, words: &[&str]) -> String {
    let url = format!("--alertmanager.url=http://{}", server.address());
    let (code, out, error) =
        run(server.folder.path(), &[&["alert", "dead-letters"], words, &[&url]].concat());
    assert_eq!((code, error.as_str()), (0, ""));
    out
}

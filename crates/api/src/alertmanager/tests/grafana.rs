//! The requests of Grafana's Alertmanager data source, implementation "Prometheus".
//! Source: Grafana 13 `alertSilencesApi.ts`, `alertmanagerApi.ts`, `DataSource.ts` of the data
//! source `alertmanager`, and the paths of `lotex_am.go`, which passes their words on.

use super::{Client, ask, check_on};
use serde_json::Value;

fn body(client: &Client, line: &str) -> Value {
    let answer = ask(client, line);
    let body = answer.strip_prefix("200 ").unwrap_or_else(|| panic!("{line}: {answer}"));
    serde_json::from_str(body).unwrap()
}

#[test]
fn the_data_source_recognises_an_alertmanager_of_prometheus() {
    let client = Client::new();
    // A success here would be a Mimir.
    assert!(ask(&client, "GET /alertmanager/api/v2/status").starts_with("404 "));
    let status = body(&client, "GET /api/v2/status");
    assert!(status["config"]["original"].as_str().unwrap().contains("receivers:"));
    assert_eq!(status["cluster"]["status"], "disabled");
    let features = body(&client, "GET /api/v1/status/buildinfo");
    assert!(features["data"]["features"].is_null(), "no features of Mimir: {features}");
}

#[test]
fn contact_points_groups_and_alerts_are_asked_for() {
    let client = Client::new();
    let posted = r#"POST /api/v2/alerts [{"labels":{"alertname":"A","team":"a"}},
        {"labels":{"alertname":"B","team":"db","a b":"c\"d"}}]"#;
    assert_eq!(ask(&client, posted), "200 ");
    let receivers = body(&client, "GET /api/v2/receivers");
    assert_eq!(receivers.as_array().unwrap().len(), 3);
    let groups = "GET /api/v2/alerts/groups";
    assert_eq!(body(&client, groups).as_array().unwrap().len(), 3);
    let of_receiver = format!("{groups}?receiver=db&active=true&silenced=true&inhibited=true");
    assert_eq!(body(&client, &of_receiver)[0]["receiver"]["name"], "db");
    for (question, found) in [
        ("?silenced=true&active=true&inhibited=true", 2),
        ("?silenced=false&active=true&inhibited=false&unprocessed=true", 2),
        ("?filter=team%3D%22db%22&filter=alertname%3D~%22B%7CC%22", 1),
        ("?filter=team%21%3D%22db%22", 1),
        ("?filter=%22a%20b%22%3D%22c%5C%22d%22", 1),
        ("?filter=team%3D%22none%22&active=true", 0),
    ] {
        let alerts = body(&client, &format!("GET /api/v2/alerts{question}"));
        assert_eq!(alerts.as_array().unwrap().len(), found, "{question}");
    }
}

#[test]
fn silences_are_listed_made_changed_and_ended() {
    let client = Client::new();
    check_on(&client, "GET /api/v2/silences?ruleMetadata=true&accesscontrol=true", "200 []");
    let payload = |id: &str, comment: &str| {
        format!(
            r#"POST /api/v2/silences {{"id":"{id}","startsAt":"1970-01-01T00:05:00.000Z",
            "endsAt":"1970-01-01T02:05:00.000Z","comment":"{comment}","createdBy":"admin",
            "matchers":[{{"name":"team","value":"db|web","isEqual":false,"isRegex":true}},
            {{"name":"alertname","value":"A","isEqual":true,"isRegex":false}}]}}"#
        )
    };
    let id = body(&client, &payload("", "created"))["silenceID"].as_str().unwrap().to_owned();
    let again = body(&client, &payload(&id, "changed"));
    assert_eq!(again["silenceID"], id.as_str());
    let path = format!("/api/v2/silence/{id}");
    let one = body(&client, &format!("GET {path}?ruleMetadata=true&accesscontrol=true"));
    assert_eq!((&one["comment"], &one["status"]["state"]), (&"changed".into(), &"active".into()));
    assert_eq!(one["matchers"][0]["isEqual"], false);
    check_on(&client, &format!("DELETE {path}"), "200 ");
    let all = body(&client, "GET /api/v2/silences");
    assert_eq!(all[0]["status"]["state"], "expired");
}

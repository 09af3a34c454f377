//! Requests to services that keep incidents, and to webhooks.
#![expect(clippy::too_many_lines, reason = "requests are shown as a whole")]

use super::*;
use crate::receivers::pagerduty::PagerDuty;
use config::{
    HttpClientConfig, IncidentioConfig, JiraConfig, JiraField, OpsGenieConfig, OpsGenieResponder,
    PagerDutyConfig, PagerDutyImage, PagerDutyKey, PagerDutyLink, TextSource, VictorOpsConfig,
    WebhookConfig,
};
use expect_test::{Expect, expect};
use serde_json::json;

async fn check(site: &Site, kind: IntegrationKind, expected: Expect) {
    expected.assert_eq(&requests(site, kind).await);
}

#[tokio::test]
async fn webhook() {
    let site = ok();
    let config = WebhookConfig {
        url: secret(url(&site, "/hook/{{ .GroupLabels.alertname }}")),
        ..WebhookConfig::default()
    };
    check(
        &site,
        IntegrationKind::Webhook(Box::new(config)),
        expect![[r#"
        POST /hook/HostDown
        content-type: application/json
        {
          "alerts": [
            {
              "annotations": {
                "summary": "web-1 is <down>"
              },
              "endsAt": "0001-01-01T00:00:00Z",
              "fingerprint": "21b9ddd94d7a5e5d",
              "generatorURL": "http://prometheus/graph?g0.expr=up+%3D%3D+0",
              "labels": {
                "alertname": "HostDown",
                "instance": "web-1",
                "severity": "critical"
              },
              "startsAt": "2026-11-22T00:56:40.5Z",
              "status": "firing"
            },
            {
              "annotations": {
                "summary": "web-2 is <down>"
              },
              "endsAt": "2026-11-22T01:01:40Z",
              "fingerprint": "0de107dff55c366a",
              "generatorURL": "http://prometheus/graph?g0.expr=up+%3D%3D+0",
              "labels": {
                "alertname": "HostDown",
                "instance": "web-2",
                "severity": "critical"
              },
              "startsAt": "2026-11-22T00:56:40.5Z",
              "status": "resolved"
            }
          ],
          "commonAnnotations": {},
          "commonLabels": {
            "alertname": "HostDown",
            "severity": "critical"
          },
          "externalURL": "http://flyball.example",
          "groupKey": "{}:{alertname=\"HostDown\"}",
          "groupLabels": {
            "alertname": "HostDown"
          },
          "notification_reason": "first notification",
          "receiver": "team\\.ops",
          "routeLabels": {
            "team": "ops"
          },
          "status": "firing",
          "truncatedAlerts": 0,
          "version": "4"
        }
        POST /hook/HostDown
        content-type: application/json
        {
          "alerts": [
            {
              "annotations": {
                "summary": "web-1 is <down>"
              },
              "endsAt": "2026-11-22T01:01:40Z",
              "fingerprint": "21b9ddd94d7a5e5d",
              "generatorURL": "http://prometheus/graph?g0.expr=up+%3D%3D+0",
              "labels": {
                "alertname": "HostDown",
                "instance": "web-1",
                "severity": "critical"
              },
              "startsAt": "2026-11-22T00:56:40.5Z",
              "status": "resolved"
            }
          ],
          "commonAnnotations": {
            "summary": "web-1 is <down>"
          },
          "commonLabels": {
            "alertname": "HostDown",
            "instance": "web-1",
            "severity": "critical"
          },
          "externalURL": "http://flyball.example",
          "groupKey": "{}:{alertname=\"HostDown\"}",
          "groupLabels": {
            "alertname": "HostDown"
          },
          "notification_reason": "all alerts resolved",
          "receiver": "team\\.ops",
          "routeLabels": {
            "team": "ops"
          },
          "status": "resolved",
          "truncatedAlerts": 0,
          "version": "4"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn webhook_tells_as_many_alerts_as_wanted() {
    let site = ok();
    let config = WebhookConfig {
        url: secret(url(&site, "/")),
        alerts_max: Some(1),
        ..WebhookConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Webhook(Box::new(config)), &around);
    tell(receive.as_ref(), &around, &firing()).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&site.asked()[0].body).unwrap();
    assert_eq!(body["truncatedAlerts"], 1);
    assert_eq!(body["alerts"].as_array().unwrap().len(), 1);
    assert_eq!(body["commonLabels"]["instance"], "web-1");
}

#[tokio::test]
async fn webhook_with_a_payload_of_its_own() {
    let site = ok();
    let payload = json!({
        "title": "{{ .Status | toUpper }} {{ .CommonLabels.alertname }}",
        "priority": "{{ if eq .Status \"firing\" }}5{{ else }}0{{ end }}",
        "labels": "{{ .CommonLabels | toJson }}",
        "looks_like_yaml": "{{ (index .Alerts 0).Labels.instance }}: down",
        "{{ .Receiver }}": ["{{ len .Alerts }}", 7, true, null],
    });
    let config = WebhookConfig {
        url: secret(url(&site, "/")),
        payload: Some(payload),
        ..WebhookConfig::default()
    };
    check(
        &site,
        IntegrationKind::Webhook(Box::new(config)),
        expect![[r#"
        POST /
        content-type: application/json
        {
          "labels": {
            "alertname": "HostDown",
            "severity": "critical"
          },
          "looks_like_yaml": {
            "web-1": "down"
          },
          "priority": 5,
          "team\\.ops": [
            2,
            7,
            true,
            null
          ],
          "title": "FIRING HostDown"
        }
        POST /
        content-type: application/json
        {
          "labels": {
            "alertname": "HostDown",
            "instance": "web-1",
            "severity": "critical"
          },
          "looks_like_yaml": {
            "web-1": "down"
          },
          "priority": 0,
          "team\\.ops": [
            1,
            7,
            true,
            null
          ],
          "title": "RESOLVED HostDown"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn pagerduty_v2() {
    let site = site((202, r#"{"status":"success"}"#.to_owned()));
    let config = PagerDutyConfig {
        key: PagerDutyKey::Routing(secret("key-{{ .CommonLabels.severity }}")),
        url: url(&site, "/v2/enqueue"),
        severity: "{{ .CommonLabels.severity }}".into(),
        images: vec![
            PagerDutyImage {
                src: "http://i/{{ .Status }}".into(),
                alt: "a".into(),
                href: String::new(),
            },
            PagerDutyImage::default(),
        ],
        links: vec![PagerDutyLink { href: "http://l".into(), text: "{{ .Status }}".into() }],
        ..PagerDutyConfig::default()
    };
    check(
        &site,
        IntegrationKind::PagerDuty(Box::new(config)),
        expect![[r#"
        POST /v2/enqueue
        content-type: application/json
        {
          "client": "Alertmanager",
          "client_url": "http://flyball.example/#/alerts?receiver=team%5C.ops",
          "dedup_key": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95",
          "event_action": "trigger",
          "images": [
            {
              "alt": "a",
              "href": "",
              "src": "http://i/firing"
            }
          ],
          "links": [
            {
              "href": "http://l",
              "text": "firing"
            }
          ],
          "payload": {
            "custom_details": {
              "firing": [
                {
                  "annotations": {
                    "summary": "web-1 is <down>"
                  },
                  "endsAt": "0001-01-01T00:00:00Z",
                  "fingerprint": "21b9ddd94d7a5e5d",
                  "generatorURL": "http://prometheus/graph?g0.expr=up+%3D%3D+0",
                  "labels": {
                    "alertname": "HostDown",
                    "instance": "web-1",
                    "severity": "critical"
                  },
                  "startsAt": "2026-11-22T00:56:40.5Z",
                  "status": "firing"
                }
              ],
              "num_firing": 1,
              "num_resolved": 1,
              "resolved": [
                {
                  "annotations": {
                    "summary": "web-2 is <down>"
                  },
                  "endsAt": "2026-11-22T01:01:40Z",
                  "fingerprint": "0de107dff55c366a",
                  "generatorURL": "http://prometheus/graph?g0.expr=up+%3D%3D+0",
                  "labels": {
                    "alertname": "HostDown",
                    "instance": "web-2",
                    "severity": "critical"
                  },
                  "startsAt": "2026-11-22T00:56:40.5Z",
                  "status": "resolved"
                }
              ]
            },
            "severity": "critical",
            "source": "Alertmanager",
            "summary": "[FIRING:1] HostDown (critical)"
          },
          "routing_key": "key-critical"
        }
        POST /v2/enqueue
        content-type: application/json
        {
          "client": "Alertmanager",
          "client_url": "http://flyball.example/#/alerts?receiver=team%5C.ops",
          "dedup_key": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95",
          "event_action": "resolve",
          "images": [
            {
              "alt": "a",
              "href": "",
              "src": "http://i/resolved"
            }
          ],
          "links": [
            {
              "href": "http://l",
              "text": "resolved"
            }
          ],
          "payload": {
            "custom_details": {
              "firing": [],
              "num_firing": 0,
              "num_resolved": 1,
              "resolved": [
                {
                  "annotations": {
                    "summary": "web-1 is <down>"
                  },
                  "endsAt": "2026-11-22T01:01:40Z",
                  "fingerprint": "21b9ddd94d7a5e5d",
                  "generatorURL": "http://prometheus/graph?g0.expr=up+%3D%3D+0",
                  "labels": {
                    "alertname": "HostDown",
                    "instance": "web-1",
                    "severity": "critical"
                  },
                  "startsAt": "2026-11-22T00:56:40.5Z",
                  "status": "resolved"
                }
              ]
            },
            "severity": "critical",
            "source": "Alertmanager",
            "summary": "[RESOLVED] HostDown (web-1 critical)"
          },
          "routing_key": "key-critical"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn pagerduty_v1() {
    let site = ok();
    let around = around(Templates::default());
    let config = PagerDutyConfig {
        key: PagerDutyKey::Service(secret("service")),
        details: serde_json::Map::from_iter([("n".to_owned(), "{{ len .Alerts }}".into())]),
        ..PagerDutyConfig::default()
    };
    let poster =
        crate::post::Poster::new(&HttpClientConfig::default(), &around.policy, &around.vfs);
    let receive = PagerDuty { config, poster, v1_url: url(&site, "/create_event.json") };
    for notification in [firing(), resolved()] {
        tell(&receive, &around, &notification).await.unwrap();
    }
    expect![[r#"
        POST /create_event.json
        content-type: application/json
        {
          "client": "Alertmanager",
          "client_url": "http://flyball.example/#/alerts?receiver=team%5C.ops",
          "description": "[FIRING:1] HostDown (critical)",
          "details": {
            "n": 2
          },
          "event_action": "",
          "event_type": "trigger",
          "incident_key": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95",
          "payload": null,
          "service_key": "service"
        }
        POST /create_event.json
        content-type: application/json
        {
          "description": "[RESOLVED] HostDown (web-1 critical)",
          "details": {
            "n": 1
          },
          "event_action": "",
          "event_type": "resolve",
          "incident_key": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95",
          "payload": null,
          "service_key": "service"
        }
    "#]]
    .assert_eq(&shown(&site));
}

#[tokio::test]
async fn opsgenie() {
    let site = site((202, String::new()));
    let responder = |name: &str, kind: &str| OpsGenieResponder {
        name: name.into(),
        kind: kind.into(),
        ..OpsGenieResponder::default()
    };
    let config = OpsGenieConfig {
        api_key: secret("genie"),
        api_url: url(&site, "/"),
        message: "m".repeat(140),
        details: BTreeMap::from([("runbook".to_owned(), "{{ .ExternalURL }}".to_owned())]),
        responders: vec![
            responder("a,b", "teams"),
            responder("{{ .CommonLabels.owner }}", "{{ .CommonLabels.owner }}"),
            responder("c", "user"),
        ],
        tags: "x,,y".into(),
        priority: "P1".into(),
        update_alerts: true,
        ..OpsGenieConfig::default()
    };
    check(&site, IntegrationKind::OpsGenie(Box::new(config)), expect![[r#"
        POST /v2/alerts
        authorization: GenieKey genie
        content-type: application/json
        {
          "alias": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95",
          "description": "\nAlerts Firing:\nLabels:\n - alertname = HostDown\n - instance = web-1\n - severity = critical\nAnnotations:\n - summary = web-1 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\nAlerts Resolved:\nLabels:\n - alertname = HostDown\n - instance = web-2\n - severity = critical\nAnnotations:\n - summary = web-2 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n",
          "details": {
            "alertname": "HostDown",
            "runbook": "http://flyball.example",
            "severity": "critical"
          },
          "message": "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm…",
          "priority": "P1",
          "responders": [
            {
              "name": "a",
              "type": "team"
            },
            {
              "name": "b",
              "type": "team"
            },
            {
              "name": "c",
              "type": "user"
            }
          ],
          "source": "http://flyball.example/#/alerts?receiver=team%5C.ops",
          "tags": [
            "x",
            "y"
          ]
        }
        PUT /v2/alerts/1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95/message?identifierType=alias
        authorization: GenieKey genie
        content-type: application/json
        {
          "message": "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm…"
        }
        PUT /v2/alerts/1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95/description?identifierType=alias
        authorization: GenieKey genie
        content-type: application/json
        {
          "description": "\nAlerts Firing:\nLabels:\n - alertname = HostDown\n - instance = web-1\n - severity = critical\nAnnotations:\n - summary = web-1 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\nAlerts Resolved:\nLabels:\n - alertname = HostDown\n - instance = web-2\n - severity = critical\nAnnotations:\n - summary = web-2 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n"
        }
        POST /v2/alerts/1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95/close?identifierType=alias
        authorization: GenieKey genie
        content-type: application/json
        {
          "source": "http://flyball.example/#/alerts?receiver=team%5C.ops"
        }
    "#]]).await;
}

#[tokio::test]
async fn victorops() {
    let site = ok();
    let config = VictorOpsConfig {
        api_key: secret("vkey"),
        api_url: url(&site, "/alert/"),
        routing_key: "{{ .RouteLabels.team }}".into(),
        message_type: "whatever".into(),
        custom_fields: BTreeMap::from([("host".to_owned(), "{{ .Status }}".to_owned())]),
        ..VictorOpsConfig::default()
    };
    check(&site, IntegrationKind::VictorOps(Box::new(config)), expect![[r#"
        POST /alert/vkey/ops
        content-type: application/json
        {
          "entity_display_name": "[FIRING:1] HostDown (critical)",
          "entity_id": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95",
          "host": "firing",
          "message_type": "CRITICAL",
          "monitoring_tool": "Alertmanager",
          "state_message": "\nAlerts Firing:\nLabels:\n - alertname = HostDown\n - instance = web-1\n - severity = critical\nAnnotations:\n - summary = web-1 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\nAlerts Resolved:\nLabels:\n - alertname = HostDown\n - instance = web-2\n - severity = critical\nAnnotations:\n - summary = web-2 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n"
        }
        POST /alert/vkey/ops
        content-type: application/json
        {
          "entity_display_name": "[RESOLVED] HostDown (web-1 critical)",
          "entity_id": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95",
          "host": "resolved",
          "message_type": "RECOVERY",
          "monitoring_tool": "Alertmanager",
          "state_message": "web-1 is <down>\n\nAlerts Resolved:\nLabels:\n - alertname = HostDown\n - instance = web-1\n - severity = critical\nAnnotations:\n - summary = web-1 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n"
        }
    "#]]).await;
}

#[tokio::test]
async fn incidentio() {
    let site = site((202, String::new()));
    let config = IncidentioConfig {
        url: TextSource::Inline(url(&site, "/v2/alert_events/alertmanager/x")),
        ..IncidentioConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Incidentio(Box::new(config)), &around);
    tell(receive.as_ref(), &around, &resolved()).await.unwrap();
    expect![[r#"
        POST /v2/alert_events/alertmanager/x
        content-type: application/json
        {
          "alerts": [
            {
              "annotations": {
                "summary": "web-1 is <down>"
              },
              "endsAt": "2026-11-22T01:01:40Z",
              "fingerprint": "21b9ddd94d7a5e5d",
              "generatorURL": "http://prometheus/graph?g0.expr=up+%3D%3D+0",
              "labels": {
                "alertname": "HostDown",
                "instance": "web-1",
                "severity": "critical"
              },
              "startsAt": "2026-11-22T00:56:40.5Z",
              "status": "resolved"
            }
          ],
          "commonAnnotations": {
            "summary": "web-1 is <down>"
          },
          "commonLabels": {
            "alertname": "HostDown",
            "instance": "web-1",
            "severity": "critical"
          },
          "externalURL": "http://flyball.example",
          "groupKey": "{}:{alertname=\"HostDown\"}",
          "groupLabels": {
            "alertname": "HostDown"
          },
          "notification_reason": "all alerts resolved",
          "receiver": "team\\.ops",
          "routeLabels": {
            "team": "ops"
          },
          "status": "resolved",
          "truncatedAlerts": 0,
          "version": "1"
        }
    "#]]
    .assert_eq(&shown(&site));
}

#[tokio::test]
async fn incidentio_tells_one_alert_when_there_are_too_many() {
    let site = ok();
    let config = IncidentioConfig {
        url: TextSource::Inline(url(&site, "/")),
        ..IncidentioConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Incidentio(Box::new(config)), &around);
    let many = (0..3000).map(|index| alert(&format!("web-{index}"), true)).collect();
    tell(receive.as_ref(), &around, &notification(many)).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&site.asked()[0].body).unwrap();
    assert_eq!(body["alerts"].as_array().unwrap().len(), 1);
}

fn jira(site: &Site) -> JiraConfig {
    JiraConfig {
        api_url: url(site, "/rest/api/2"),
        project: "OPS".into(),
        issue_type: "Bug".into(),
        priority: "High".into(),
        resolve_transition: "Done".into(),
        reopen_transition: "Reopen".into(),
        reopen_duration: Some(Duration::from_hours(1)),
        wont_fix_resolution: "Won't \"Fix\"".into(),
        description: JiraField { template: "d".into(), enable_update: false },
        fields: serde_json::Map::from_iter([
            ("customfield_1".to_owned(), json!({"value": "{{ .Status }}"})),
            ("customfield_2".to_owned(), json!("{{ len .Alerts }}")),
        ]),
        ..JiraConfig::default()
    }
}

#[tokio::test]
async fn jira_creates_an_issue() {
    let site = site(Scripted::json(r#"{"issues": []}"#));
    check(&site, IntegrationKind::Jira(Box::new(jira(&site))), expect![[r#"
        POST /rest/api/2/search
        accept-language: en
        content-type: application/json
        {
          "fields": [
            "status"
          ],
          "jql": "resolution != \"Won't \\\"Fix\\\"\" and (resolutiondate is EMPTY OR resolutiondate >= -60m) and project=\"OPS\" and labels=\"ALERT{1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95}\" order by status ASC,resolutiondate DESC",
          "maxResults": 2
        }
        POST /rest/api/2/issue
        accept-language: en
        content-type: application/json
        {
          "fields": {
            "customfield_1": {
              "value": "firing"
            },
            "customfield_2": 2,
            "description": "d",
            "issuetype": {
              "name": "Bug"
            },
            "labels": [
              "ALERT{1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95}"
            ],
            "priority": {
              "name": "High"
            },
            "project": {
              "key": "OPS"
            },
            "summary": "[FIRING:1] HostDown (critical)"
          }
        }
        POST /rest/api/2/search
        accept-language: en
        content-type: application/json
        {
          "fields": [
            "status"
          ],
          "jql": "resolution != \"Won't \\\"Fix\\\"\" and statusCategory != Done and project=\"OPS\" and labels=\"ALERT{1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95}\" order by status ASC,resolutiondate DESC",
          "maxResults": 2
        }
    "#]]).await;
}

#[tokio::test]
async fn jira_changes_and_resolves_an_issue() {
    let site = Site::start(|asked: &Asked| {
        let body = if asked.target.ends_with("/search") {
            let fields = r#"{"status": {"name": "Open", "statusCategory": {"key": "new"}}}"#;
            format!(r#"{{"issues": [{{"key": "OPS-1", "fields": {fields}}}]}}"#)
        } else {
            r#"{"transitions": [{"id": "31", "name": "Done"}]}"#.to_owned()
        };
        Scripted::json(body)
    });
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Jira(Box::new(jira(&site))), &around);
    tell(receive.as_ref(), &around, &resolved()).await.unwrap();
    expect![[r#"
        POST /rest/api/2/search
        accept-language: en
        content-type: application/json
        {
          "fields": [
            "status"
          ],
          "jql": "resolution != \"Won't \\\"Fix\\\"\" and statusCategory != Done and project=\"OPS\" and labels=\"ALERT{1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95}\" order by status ASC,resolutiondate DESC",
          "maxResults": 2
        }
        PUT /rest/api/2/issue/OPS-1
        accept-language: en
        content-type: application/json
        {
          "fields": {
            "customfield_1": {
              "value": "resolved"
            },
            "customfield_2": 1,
            "issuetype": {
              "name": "Bug"
            },
            "labels": [
              "ALERT{1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95}"
            ],
            "priority": {
              "name": "High"
            },
            "project": {
              "key": "OPS"
            },
            "summary": "[RESOLVED] HostDown (web-1 critical)"
          }
        }
        GET /rest/api/2/issue/OPS-1/transitions
        accept-language: en
        (no body)
        POST /rest/api/2/issue/OPS-1/transitions
        accept-language: en
        content-type: application/json
        {
          "transition": {
            "id": "31"
          }
        }
    "#]].assert_eq(&shown(&site));
}

#[tokio::test]
async fn jira_cloud_gets_documents() {
    let site = site(Scripted::json(r#"{"issues": []}"#));
    let config = JiraConfig {
        api_url: url(&site, "/rest/api/3"),
        api_type: config::JiraApiType::Cloud,
        fields: serde_json::Map::new(),
        ..jira(&site)
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Jira(Box::new(config)), &around);
    tell(receive.as_ref(), &around, &firing()).await.unwrap();
    expect![[r#"
        POST /rest/api/3/search/jql
        accept-language: en
        content-type: application/json
        {
          "fields": [
            "status"
          ],
          "jql": "resolution != \"Won't \\\"Fix\\\"\" and (resolutiondate is EMPTY OR resolutiondate >= -60m) and project=\"OPS\" and labels=\"ALERT{1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95}\" order by status ASC,resolutiondate DESC",
          "maxResults": 2
        }
        POST /rest/api/3/issue
        accept-language: en
        content-type: application/json
        {
          "fields": {
            "description": {
              "content": [
                {
                  "content": [
                    {
                      "text": "d",
                      "type": "text"
                    }
                  ],
                  "type": "paragraph"
                }
              ],
              "type": "doc",
              "version": 1
            },
            "issuetype": {
              "name": "Bug"
            },
            "labels": [
              "ALERT{1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95}"
            ],
            "priority": {
              "name": "High"
            },
            "project": {
              "key": "OPS"
            },
            "summary": "[FIRING:1] HostDown (critical)"
          }
        }
    "#]].assert_eq(&shown(&site));
}

//! The message as a receiver reads it.

use super::*;
use alerts::Reason;
use expect_test::expect;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn notification(firing: &[bool]) -> Notification {
    let alert = |(index, firing): (usize, &bool)| NotifiedAlert {
        labels: Labels::from_pairs([
            ("alertname", "HostDown".to_owned()),
            ("instance", format!("web-{index}")),
        ]),
        annotations: vec![("summary".into(), "host is down".into())],
        firing: *firing,
        starts_at: Timestamp::from_ms(1_700_000_000_500),
        ends_at: (!firing).then(|| Timestamp::from_ms(1_700_000_060_000)),
        generator_url: "http://127.0.0.1:1788/graph?g0.expr=up+%3D%3D+0".into(),
    };
    Notification {
        receiver: "ops".into(),
        integration: 0,
        group_key: r#"{}:{alertname="HostDown"}"#.into(),
        group_labels: Labels::from_pairs([("alertname", "HostDown")]),
        alerts: firing.iter().enumerate().map(alert).collect(),
        reason: Reason::FirstNotification,
        route_labels: BTreeMap::new(),
        now: Timestamp::from_ms(0),
        receiver_data: BTreeMap::new(),
    }
}

fn pretty(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn message_of_a_firing_and_a_resolved_alert() {
    let body = pretty(&render(&notification(&[true, false]), "http://127.0.0.1:1788", 0));
    expect![[r#"
        {
          "alerts": [
            {
              "annotations": {
                "summary": "host is down"
              },
              "endsAt": "0001-01-01T00:00:00Z",
              "fingerprint": "9e57bb3e90b58e56",
              "generatorURL": "http://127.0.0.1:1788/graph?g0.expr=up+%3D%3D+0",
              "labels": {
                "alertname": "HostDown",
                "instance": "web-0"
              },
              "startsAt": "2023-11-14T22:13:20.5Z",
              "status": "firing"
            },
            {
              "annotations": {
                "summary": "host is down"
              },
              "endsAt": "2023-11-14T22:14:20Z",
              "fingerprint": "9e53bb3e90b1a57f",
              "generatorURL": "http://127.0.0.1:1788/graph?g0.expr=up+%3D%3D+0",
              "labels": {
                "alertname": "HostDown",
                "instance": "web-1"
              },
              "startsAt": "2023-11-14T22:13:20.5Z",
              "status": "resolved"
            }
          ],
          "commonAnnotations": {
            "summary": "host is down"
          },
          "commonLabels": {
            "alertname": "HostDown"
          },
          "externalURL": "http://127.0.0.1:1788",
          "groupKey": "{}:{alertname=\"HostDown\"}",
          "groupLabels": {
            "alertname": "HostDown"
          },
          "notification_reason": "first notification",
          "receiver": "ops",
          "status": "firing",
          "truncatedAlerts": 0,
          "version": "4"
        }"#]]
    .assert_eq(&body);
}

#[test]
fn alerts_above_the_limit_are_counted() {
    let body = render(&notification(&[true, true, true]), "", 2);
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["alerts"].as_array().unwrap().len(), 2);
    assert_eq!(value["truncatedAlerts"], 1);
}

#[test]
fn a_group_without_firing_alerts_is_resolved() {
    let body = render(&notification(&[false]), "", 0);
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["status"], "resolved");
}

/// The value that amtool and Alertmanager print for the empty set.
#[test]
fn fingerprint_of_no_labels_is_the_fnv_offset() {
    assert_eq!(format!("{:016x}", fingerprint(&Labels::empty())), "cbf29ce484222325");
}

#[test]
fn instants_out_of_the_calendar_are_clamped() {
    assert_eq!(rfc3339(Timestamp::MIN), "0001-01-01T00:00:00Z");
    assert_eq!(rfc3339(Timestamp::MAX), "9999-12-30T00:00:00Z");
}

fn webhook(url: SecretSource) -> Webhook {
    let options = net::ClientOptions {
        policy: Arc::new(net::AddressPolicy::allow_all()),
        vfs: Arc::new(sys::OsVfs),
    };
    Webhook {
        url,
        client: Client::new(config::HttpClientConfig::default(), options),
        vfs: Arc::new(sys::OsVfs),
        alerts_max: 0,
        timeout: None,
        external_url: "http://127.0.0.1:1788".into(),
    }
}

fn inline(url: &str) -> SecretSource {
    SecretSource::Inline(config::Secret::new(url))
}

async fn tell(url: SecretSource) -> Result<(), DeliveryError> {
    webhook(url).deliver(&notification(&[true]), Duration::from_secs(30)).await
}

async fn delivery(status: u16) -> (Result<(), DeliveryError>, Vec<testkit::http::Asked>) {
    let site = testkit::http::Site::start(move |_| (status, "answer".into()));
    let told = tell(inline(&format!("http://{}/hook", site.address()))).await;
    (told, site.asked())
}

#[tokio::test]
async fn a_message_is_posted_as_json() {
    let (told, asked) = delivery(200).await;
    assert_eq!(told, Ok(()));
    assert_eq!(asked[0].target, "POST /hook");
    assert!(asked[0].head.iter().any(|l| l.eq_ignore_ascii_case("content-type: application/json")));
    assert_eq!(asked[0].body, render(&notification(&[true]), "http://127.0.0.1:1788", 0));
}

/// A receiver that says yes has been told; telling it again would page twice.
#[tokio::test]
async fn the_body_of_a_yes_does_not_matter() {
    let site = testkit::http::Site::start(|_| (200, "x".repeat(5 << 20)));
    assert_eq!(tell(inline(&format!("http://{}/", site.address()))).await, Ok(()));
    let (told, asked) = answered_by(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow").await;
    assert_eq!((told, asked), (Ok(()), true));
}

/// A receiver that answers with these bytes and then keeps the connection open.
async fn answered_by(bytes: &'static [u8]) -> (Result<(), DeliveryError>, bool) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = inline(&format!("http://{}/", listener.local_addr().unwrap()));
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let first = stream.read_u8().await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        // Ends when the sender hangs up.
        first == b'P' && stream.read_to_end(&mut rest).await.is_ok()
    };
    tokio::join!(tell(url), serve)
}

#[tokio::test]
async fn answers_are_judged_by_their_status() {
    let judged = |error: DeliveryError| (error.delivery(), error.to_string());
    let (busy, _) = delivery(429).await;
    let (delivery_429, _) = judged(busy.unwrap_err());
    assert_eq!(delivery_429, alerts::Delivery::Retry { after: None });
    let (broken, _) = delivery(503).await;
    assert!(matches!(judged(broken.unwrap_err()).0, alerts::Delivery::Retry { .. }));
    let (wrong, _) = delivery(404).await;
    let (delivery_404, message) = judged(wrong.unwrap_err());
    assert_eq!(delivery_404, alerts::Delivery::Refused);
    assert_eq!(message, r#"the receiver answered 404 Not Found: "answer""#);
}

#[tokio::test]
async fn a_receiver_that_is_away_is_tried_again() {
    let url = inline(&format!("http://127.0.0.1:{}/", testkit::free_port()));
    let error = tell(url).await.unwrap_err();
    assert!(matches!(error.delivery(), alerts::Delivery::Retry { .. }), "{error}");
}

/// The URL of a webhook is its password.
#[tokio::test]
async fn errors_do_not_show_the_path_of_the_url() {
    let closed = format!("http://127.0.0.1:{}/T0/hidden?key=hidden", testkit::free_port());
    let scheme = "ftp://example.org/hidden";
    for url in [closed, scheme.to_owned()] {
        let error = tell(inline(&url)).await.unwrap_err().to_string();
        assert!(error.contains("/<secret>") && !error.contains("hidden"), "{error}");
    }
}

#[tokio::test]
async fn a_url_file_has_a_longest_length() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = || SecretSource::File(file.path().display().to_string());
    let site = testkit::http::Site::start(|_| (200, String::new()));
    let url = format!("http://{}/", site.address());
    let blanks = |length: usize| format!("{url}{}", " ".repeat(length - url.len()));
    std::fs::write(file.path(), blanks(16 << 10)).unwrap();
    assert_eq!(tell(path()).await, Ok(()));
    std::fs::write(file.path(), blanks((16 << 10) + 1)).unwrap();
    assert_eq!(tell(path()).await.unwrap_err().delivery(), alerts::Delivery::Refused);
}

#[tokio::test]
async fn of_a_long_answer_little_is_repeated() {
    let site = testkit::http::Site::start(|_| (500, "x".repeat(1 << 20)));
    let error = tell(inline(&format!("http://{}/", site.address()))).await.unwrap_err();
    assert!(error.to_string().len() < 300, "{}", error.to_string().len());
}

#[tokio::test]
async fn a_missing_url_file_is_named() {
    let error = tell(SecretSource::File("/nonexistent/url".into())).await.unwrap_err();
    assert_eq!(error.delivery(), alerts::Delivery::Refused);
    assert!(error.to_string().starts_with("cannot use the URL file /nonexistent/url: "), "{error}");
}

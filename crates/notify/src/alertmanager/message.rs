//! The body of `POST /api/v2/alerts`.
//! Source: Alertmanager 0.34 `api/v2/openapi.yaml` (`postableAlerts`).

use alerts::Alert;
use model::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostableAlert<'a> {
    annotations: BTreeMap<&'a str, &'a str>,
    ends_at: String,
    starts_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "str::is_empty")]
    generator_url: &'a str,
    labels: BTreeMap<&'a str, &'a str>,
}

/// The alerts as JSON.
pub(super) fn render(alerts: &[Arc<Alert>]) -> Vec<u8> {
    let postable: Vec<_> = alerts.iter().map(|alert| postable(alert)).collect();
    serde_json::to_vec(&postable).expect("maps of texts always become JSON")
}

fn postable(alert: &Alert) -> PostableAlert<'_> {
    PostableAlert {
        annotations: alert.annotations.iter().collect(),
        ends_at: rfc3339(alert.ends_at),
        starts_at: rfc3339(alert.starts_at),
        generator_url: &alert.generator_url,
        labels: alert.labels.iter().collect(),
    }
}

/// RFC 3339 in UTC with milliseconds.
fn rfc3339(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.ms().clamp(MIN_MS, MAX_MS));
    format!("{:.3}", at.expect("clamped to the years 1 to 9999"))
}

/// 0001-01-01T00:00:00Z and 9999-12-30T00:00:00Z.
const MIN_MS: i64 = -62_135_596_800_000;
const MAX_MS: i64 = 253_402_128_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use model::Labels;

    #[test]
    fn alerts_have_the_shape_of_the_interface() {
        let alert = Alert {
            labels: Labels::from_pairs([("alertname", "Hot"), ("job", "node")]),
            annotations: [("summary", "\"hot\"")].into_iter().collect(),
            starts_at: Timestamp::from_ms(1_000),
            ends_at: Timestamp::from_ms(61_500),
            updated_at: Timestamp::from_ms(0),
            generator_url: "http://f/graph".into(),
            ends_by_timeout: false,
        };
        let text = String::from_utf8(render(&[Arc::new(alert)])).expect("JSON is UTF-8");
        expect_test::expect![[
            r#"[{"annotations":{"summary":"\"hot\""},"endsAt":"1970-01-01T00:01:01.500Z","startsAt":"1970-01-01T00:00:01.000Z","generatorURL":"http://f/graph","labels":{"alertname":"Hot","job":"node"}}]"#
        ]]
        .assert_eq(&text);
    }
}

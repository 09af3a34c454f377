//! Properties that hold for any template; called by the fuzz target and by the test that replays
//! its corpus. The input is the text of a template, rendered in every way on data of notifications
//! and rules.

use crate::notifications::{self, Alert, Data, default_templates};
use crate::rules::{self, AlertText, Sample};
use crate::{Limits, Output, Templates, Time, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Bounds that small inputs reach.
const LIMITS: Limits = Limits { output_bytes: 4096, steps: 20_000, depth: 60 };

/// Renders the text as a notification, as HTML and as an annotation.
///
/// # Panics
/// When an output is longer than its bound, or two renderings of the same differ.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let data = Value::from(data());
    for output in [Output::Text, Output::Html] {
        let Some(templates) = with_defaults(text) else { break };
        let zones = |name: &str| (name == "Europe/Paris").then_some(TimeZone::UTC);
        let mut functions = notifications::Functions {
            now: Timestamp::UNIX_EPOCH,
            zones: &zones,
            route_labels: &[],
        };
        let mut render = || templates.render("", &data, output, &mut functions, LIMITS);
        let first = render();
        assert_eq!(first, render(), "rendering twice gives the same");
        if let Ok(rendered) = first {
            assert!(rendered.len() <= LIMITS.output_bytes, "the output is bounded");
        }
    }
    annotation(text);
}

fn with_defaults(text: &str) -> Option<Templates> {
    let mut templates = default_templates().ok()?;
    templates.add("", text).ok()?;
    Some(templates)
}

fn annotation(text: &str) {
    let Ok(text) = AlertText::parse("fuzz", text) else { return };
    let labels = Value::string_map([("__name__", "m"), ("instance", "web-1:9100"), ("job", "api")]);
    let data = rules::data(labels.clone(), labels, "http://x/p", 1_234_567.891.into());
    let sample = Sample { labels: vec![("id".into(), "a".into())], value: 1.5 };
    let mut query = |text: &str| match text {
        "" => Err("empty query".to_owned()),
        "absent" => Ok(Vec::new()),
        _ => Ok(vec![sample.clone(); 3]),
    };
    let mut functions =
        rules::Functions { query: &mut query, now_seconds: 60.0, external_url: "http://x/p" };
    match text.expand(&data, &mut functions, LIMITS) {
        Ok(expanded) => assert!(text.plain().is_some() || expanded.len() <= LIMITS.output_bytes),
        Err(error) => assert!(text.failure(&error).starts_with("<error expanding template")),
    }
}

fn data() -> Data {
    let pairs = |names: &[&str]| {
        names.iter().map(|name| ((*name).to_owned(), format!("<{name}>&'\"\u{e9}"))).collect()
    };
    let alert = |status: &str| Alert {
        status: status.into(),
        labels: pairs(&["alertname", "instance", "job"]),
        annotations: pairs(&["summary"]),
        starts_at: Time::utc(Timestamp::constant(1_700_000_000, 5)),
        ends_at: Time::ZERO,
        generator_url: "javascript:alert(1)".into(),
        fingerprint: "00ff".into(),
    };
    Data {
        receiver: "team a&b".into(),
        status: "firing".into(),
        alerts: vec![alert("firing"), alert("resolved")],
        group_labels: pairs(&["alertname"]),
        common_labels: pairs(&["alertname", "job"]),
        common_annotations: pairs(&["summary"]),
        external_url: "http://am/x".into(),
        ..Data::default()
    }
}

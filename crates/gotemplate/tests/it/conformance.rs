//! `conformance/templates`: texts that promtool 2.42 and amtool 0.25 gave for templates of rules
//! and for the default texts of notifications.

use crate::notification;
use gotemplate::rules::{self, AlertText, Sample};
use gotemplate::{Limits, Output, Value};
use serde_json::Value as Json;
use testkit::conformance_dir;

fn cases(file: &str) -> Option<Vec<Json>> {
    let path = conformance_dir("gotemplate conformance", "templates")?.join(file);
    let text = std::fs::read_to_string(path).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn sample(labels: &[(&str, &str)], value: f64) -> Sample {
    let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Sample { labels, value }
}

/// The series that the oracle had.
fn query(text: &str) -> Vec<Sample> {
    match text {
        "m" => vec![sample(&LABELS, 1_234_567.891)],
        "m2" => vec![
            sample(&[("__name__", "m2"), ("id", "b")], 2.0),
            sample(&[("__name__", "m2"), ("id", "c")], 3e9),
            sample(&[("__name__", "m2"), ("id", "a")], 1.5),
        ],
        _ => Vec::new(),
    }
}

const LABELS: [(&str, &str); 3] = [("__name__", "m"), ("instance", "web-1:9100"), ("job", "api")];

#[test]
fn rule_templates_give_what_promtool_gives() {
    let Some(cases) = cases("rules.json") else { return };
    let none = Value::string_map::<&str, &str>([]);
    let data = rules::data(Value::string_map(LABELS), none, "", 1_234_567.891.into());
    for case in &cases {
        let (name, template) = (case["name"].as_str().unwrap(), case["template"].as_str().unwrap());
        let mut query = |text: &str| Ok(query(text));
        let mut functions =
            rules::Functions { query: &mut query, now_seconds: 60.0, external_url: "" };
        let text = AlertText::parse("test", template)
            .and_then(|text| text.expand(&data, &mut functions, Limits::default()));
        assert_eq!(text.as_deref(), Ok(case["expected"].as_str().unwrap()), "{name}: {template}");
    }
    assert_eq!(cases.len(), 20);
}

#[test]
fn default_texts_are_those_of_alertmanager() {
    let Some(cases) = cases("notifications.json") else { return };
    let Some(dir) = conformance_dir("gotemplate conformance", "templates") else { return };
    let data = std::fs::read_to_string(dir.join("notification-data.json")).unwrap();
    let data = notification::data(&serde_json::from_str(&data).unwrap());
    for case in &cases {
        let (name, template) = (case["name"].as_str().unwrap(), case["template"].as_str().unwrap());
        let text = notification::render(template, &data, Output::Text);
        assert_eq!(text.as_deref(), Ok(case["expected"].as_str().unwrap()), "{name}: {template}");
    }
    assert_eq!(cases.len(), 37);
}

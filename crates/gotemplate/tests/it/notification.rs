//! Data of notifications for tests, read from the JSON that amtool takes, and their rendering.

use gotemplate::notifications::{Alert, Data, Functions, default_templates};
use gotemplate::{Error, Limits, Output, Time, Value};
use serde_json::Value as Json;

/// Renders a template that may call the default texts.
pub(crate) fn render(template: &str, data: &Data, output: Output) -> Result<String, Error> {
    let mut templates = default_templates().unwrap();
    templates.add("", template)?;
    let mut functions = Functions {
        now: "2026-11-21T00:00:00Z".parse().unwrap(),
        zones: &|name| jiff::tz::TimeZone::get(name).ok(),
        route_labels: &[],
    };
    let data = Value::from(data.clone());
    templates.render("", &data, output, &mut functions, Limits::default())
}

pub(crate) fn data(json: &Json) -> Data {
    Data {
        receiver: text(&json["receiver"]),
        status: text(&json["status"]),
        alerts: json["alerts"].as_array().unwrap().iter().map(alert).collect(),
        group_labels: pairs(&json["groupLabels"]),
        common_labels: pairs(&json["commonLabels"]),
        common_annotations: pairs(&json["commonAnnotations"]),
        external_url: text(&json["externalURL"]),
        ..Data::default()
    }
}

fn alert(json: &Json) -> Alert {
    Alert {
        status: text(&json["status"]),
        labels: pairs(&json["labels"]),
        annotations: pairs(&json["annotations"]),
        starts_at: Time::utc(json["startsAt"].as_str().unwrap().parse().unwrap()),
        ends_at: Time::utc(json["endsAt"].as_str().unwrap().parse().unwrap()),
        generator_url: text(&json["generatorURL"]),
        fingerprint: text(&json["fingerprint"]),
    }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn pairs(json: &Json) -> Vec<(String, String)> {
    let entries = json.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), text(value))).collect()
}

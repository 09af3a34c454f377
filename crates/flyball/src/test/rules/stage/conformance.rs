//! The 680 rules of `conformance/rules` over real scrapes: health, states, labels and expanded
//! annotations are those that Prometheus 2.42 gave.

use super::Stage;
use crate::load::{self, GroupDefaults};
use commands::features::Features;
use config::rule_tests::{QueryTest, RuleTest, RuleTestFile};
use config::{GlobalConfig, UnknownKeys};
use exposition::{Event, Format, Parser};
use model::{Labels, LabelsBuilder, METRIC_NAME, Timestamp, Value};
use rules::{ActiveAlert, AlertState, GroupSpec, RuleSpec};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;
use testkit::conformance_dir;

const SUITE: &str = "flyball rules over scrapes";
/// Jobs and their pages; the witness had one target each.
const TARGETS: [(&str, &str); 5] = [
    ("node", "node_all.txt"),
    ("postgres", "postgres.txt"),
    ("redis", "redis.txt"),
    ("nginx", "nginx.txt"),
    ("blackbox", "blackbox_https.txt"),
];
const INSTANCE: &str = "127.0.0.1:19555";
/// The witness ran until waits of 5 minutes had passed and those of 10 had not.
const LENGTH: Duration = Duration::from_mins(6);
const SCRAPE_INTERVAL: Duration = Duration::from_secs(15);

/// Labels and values of a page, as a scrape stores them.
fn page(job: &str, text: &str) -> Vec<(Labels, f64)> {
    let mut parser = Parser::new(Format::Text, text.as_bytes());
    let mut samples = vec![(target(&[(METRIC_NAME, "up")], job), 1.0)];
    while let Some(event) = parser.next_event().unwrap() {
        let Event::Sample(sample) = event else { continue };
        let mut labels = LabelsBuilder::default();
        parser.labels(&mut labels).unwrap();
        let labels = labels.build();
        let pairs: Vec<(String, String)> = labels
            .iter()
            .map(|(name, value)| {
                let taken = ["job", "instance"].contains(&name);
                let name = if taken { format!("exported_{name}") } else { name.to_owned() };
                (name, value.to_owned())
            })
            .collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
        samples.push((target(&pairs, job), sample.value));
    }
    samples
}

fn target(pairs: &[(&str, &str)], job: &str) -> Labels {
    let mut labels = Labels::from_pairs(pairs.iter().copied()).to_builder();
    labels.set("job", job).set("instance", INSTANCE);
    labels.build()
}

fn groups(folder: &Path) -> Vec<GroupSpec> {
    let global = GlobalConfig::default();
    let defaults = GroupDefaults {
        interval: Duration::from_secs(10),
        query_offset: Duration::ZERO,
        scheme: global.name_scheme,
        syntax: promql::ParserOptions::default(),
        unknown_keys: UnknownKeys::Refused,
    };
    let mut groups = Vec::new();
    for part in ["community", "kube-prometheus"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{part}/{}", path.file_name().unwrap().to_str().unwrap());
            let text = fs::read_to_string(&path).unwrap();
            groups.extend(load::parse_rules(&name, &text, defaults).unwrap().0);
        }
    }
    groups
}

/// A stage on which the scrapes repeat from the moment on at which they were made.
fn stage(groups: Vec<GroupSpec>, pages: &[Vec<(Labels, f64)>]) -> Stage {
    let time =
        pages[0].iter().find(|(labels, _)| labels.metric_name() == Some("node_time_seconds"));
    let file = RuleTestFile { evaluation_interval: Duration::from_mins(1), ..Default::default() };
    let test = RuleTest {
        start: Some(time.unwrap().1.to_string()),
        queries: vec![QueryTest { expr: String::new(), at: LENGTH, expected: Vec::new() }],
        ..RuleTest::default()
    };
    let mut stage = Stage::new(&file, &test, groups, &Features::named(&[])).unwrap();
    let mut after = Duration::ZERO;
    while after <= LENGTH {
        let at: Timestamp = stage.start.saturating_add(after);
        for (labels, value) in pages.iter().flatten() {
            stage.coming.push_back((at, labels.clone(), Value::Float(*value)));
        }
        after += SCRAPE_INTERVAL;
    }
    stage
}

fn texts(object: &Json) -> BTreeMap<String, String> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    object.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// State, labels, annotations and value of an alert.
type Shown = (String, BTreeMap<String, String>, BTreeMap<String, String>, String);

fn expected(alert: &Json) -> Shown {
    let text = |key: &str| alert[key].as_str().unwrap().to_owned();
    (text("state"), texts(&alert["labels"]), texts(&alert["annotations"]), text("value"))
}

fn found(alert: &ActiveAlert) -> Shown {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    (
        alert.state.as_str().to_owned(),
        alert.labels.iter().map(owned).collect(),
        alert.annotations.iter().cloned().collect(),
        model::go_exponent(alert.value),
    )
}

#[test]
fn rules_over_scrapes_are_where_prometheus_had_them() {
    let Some(folder) = conformance_dir(SUITE, "rules") else { return };
    let Some(scrapes) = conformance_dir(SUITE, "exposition") else { return };
    let pages =
        TARGETS.map(|(job, name)| page(job, &fs::read_to_string(scrapes.join(name)).unwrap()));
    let mut stage = stage(groups(&folder), &pages);
    stage.play(|_, _| {}).unwrap();
    let text = fs::read_to_string(folder.join("expected.json")).unwrap();
    let witness: Json = serde_json::from_str(&text).unwrap();
    let (mut compared, mut active) = (0, 0);
    for group in witness["groups"].as_array().unwrap() {
        let key = (group["file"].as_str().unwrap(), group["name"].as_str().unwrap());
        let ours = stage.groups.iter().find(|g| (&*g.spec().file, &*g.spec().name) == key);
        let ours: Vec<_> = ours.unwrap_or_else(|| panic!("{key:?}")).rules().collect();
        let theirs = group["rules"].as_array().unwrap();
        assert_eq!(ours.len(), theirs.len(), "{key:?}");
        for ((spec, status, alerts), theirs) in ours.into_iter().zip(theirs) {
            let name = spec.name();
            assert_eq!((name, status.health.as_str()), (theirs["name"].as_str().unwrap(), "ok"));
            if let RuleSpec::Alerting(_) = spec {
                let alerts = alerts.into_iter().filter(|alert| alert.state != AlertState::Inactive);
                let alerts: Vec<Shown> = alerts.map(found).collect();
                let wanted: Vec<Shown> =
                    theirs["alerts"].as_array().unwrap().iter().map(expected).collect();
                assert_eq!(alerts, wanted, "{key:?} {name}");
                active += alerts.len();
            }
            compared += 1;
        }
    }
    assert_eq!((compared, active), (680, 7));
}

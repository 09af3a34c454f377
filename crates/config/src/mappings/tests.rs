use super::{MappedKind, MappingConfig, NamePattern, Observer, load};
use std::time::Duration;

fn read(text: &str) -> Result<MappingConfig, Vec<String>> {
    load("mapping.yml", text).map(|loaded| loaded.config).map_err(|error| {
        error.problems().iter().map(|p| format!("{}: {}", p.place, p.message)).collect()
    })
}

#[test]
fn an_empty_file_has_the_defaults_of_the_exporter() {
    let summary = Observer::Summary {
        quantiles: vec![0.5, 0.9, 0.99],
        max_age: Duration::from_mins(10),
        age_buckets: 5,
    };
    assert_eq!(read("").unwrap().observer, summary);
    assert_eq!(read("mappings: []\n").unwrap(), MappingConfig::default());
}

#[test]
fn rules_take_what_they_leave_open_from_the_defaults() {
    let text = "defaults:\n  timer_type: histogram\n  buckets: [.5, 1, .inf]\n  ttl: 1m20s\n  \
        unheard_of: 1\nmappings:\n- match: test.*.b-c\n  name: ${1}_total\n  labels: {job: \"$1\"}\n\
        - match: ^a(.+)$\n  match_type: regex\n  name: a\n  action: drop\n  \
        match_metric_type: timer\n  observer_type: summary\n  ttl: 0\n  scale: 0.001\n  \
        honor_labels: true\n  summary_options:\n    quantiles: [{quantile: 0.25, error: 0.1}]\n    \
        max_age: 30s\n    age_buckets: 3\n    buf_cap: 10\n";
    let config = read(text).unwrap();
    let [glob, regex] = &config.rules[..] else { panic!("{config:?}") };
    assert_eq!(glob.pattern, NamePattern::Glob("test.*.b-c".into()));
    assert_eq!(glob.observer, Observer::Histogram(vec![0.5, 1.0]));
    assert_eq!((glob.ttl, glob.scale, glob.drops), (Some(Duration::from_secs(80)), 1.0, false));
    assert_eq!(glob.labels, [("job".to_owned(), "$1".to_owned())]);
    let summary = Observer::Summary {
        quantiles: vec![0.25],
        max_age: Duration::from_secs(30),
        age_buckets: 3,
    };
    assert_eq!((&regex.observer, regex.kind), (&summary, Some(MappedKind::Observer)));
    assert!(regex.drops && regex.honor_labels && regex.scale == 0.001);
}

#[test]
fn mistakes_are_told_with_their_places() {
    let text = "mappings:\n- match: a b\n  name: a\n- match: a.b\n  name: 1a\n  labels: {0: x}\n\
        - match: (\n  match_type: regex\n  name: a\n- match: a.b\n- match: a.b\n  name: a\n  \
        timer_type: gauge\n  buckets: [2, 1]\n  histogram_options: {buckets: [1]}\n  \
        summary_options: {quantiles: [{quantile: 2}]}\n";
    let told = read(text).unwrap_err().join("\n");
    for part in [
        "2:10: invalid match \"a b\"",
        "5:9: \"1a\" is no name of a metric",
        "6:11: \"0\" is no name of a label",
        "7:10: `match`: ",
        "10:3: a mapping needs `name`",
        "13:15: \"gauge\": `histogram` or `summary` expected",
        "14:12: `buckets` stands here and in `histogram_options`",
        "15:22: a summary has no `histogram_options`",
        "16:32: a quantile is a number from 0 to 1",
    ] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
}

#[test]
fn keys_without_effect_are_told() {
    let text = "defaults:\n  observer_type: histogram\n  histogram_options:\n    \
        native_histogram_bucket_factor: 1.1\n";
    let loaded = load("mapping.yml", text).unwrap();
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
}

use super::Mapper;
use config::MappedKind;

fn mapped(file: &str, name: &str, kind: MappedKind) -> String {
    let mapper = Mapper::new(config::mappings::load("m.yml", file).unwrap().config);
    let Some(found) = mapper.find(name, kind) else { return "none".to_owned() };
    format!("{} {:?}{}", found.name, found.labels, if found.rule.drops { " dropped" } else { "" })
}

/// The examples of the exporter's documentation.
const EXAMPLE: &str = r#"
mappings:
- match: "test.dispatcher.*.*.*"
  name: "dispatcher_events_total"
  labels: {processor: "$1", action: "$2", outcome: "$3", job: "test_dispatcher"}
- match: "*.signup.*.*"
  name: "signup_events_total"
  labels: {provider: "$2", outcome: "$3", job: "${1}_server"}
- match: "test.*.*.counter"
  name: "${2}_total"
  labels: {provider: "$1", none: "$7"}
- match: '(.*)\.(.*)--(.*)\.status\.(.*)\.count'
  match_type: regex
  name: "request_total"
  labels: {hostname: "$1", exec: "$2", protocol: "$3", code: "$4"}
- match: "noisy.*"
  match_metric_type: timer
  name: "noisy"
- match: "^noisy"
  match_type: regex
  action: drop
  name: "dropped"
"#;

#[test]
fn the_examples_of_the_exporter_mean_the_same() {
    let find = |name| mapped(EXAMPLE, name, MappedKind::Counter);
    assert_eq!(
        find("test.dispatcher.FooProcessor.send.success"),
        "dispatcher_events_total [(\"processor\", \"FooProcessor\"), (\"action\", \"send\"), \
         (\"outcome\", \"success\"), (\"job\", \"test_dispatcher\")]"
    );
    assert_eq!(
        find("foo_product.signup.facebook.failure"),
        "signup_events_total [(\"provider\", \"facebook\"), (\"outcome\", \"failure\"), \
         (\"job\", \"foo_product_server\")]"
    );
    assert_eq!(find("test.a.b.counter"), "b_total [(\"provider\", \"a\"), (\"none\", \"\")]");
    assert_eq!(
        find("host.run--http.status.200.count"),
        "request_total [(\"hostname\", \"host\"), (\"exec\", \"run\"), (\"protocol\", \"http\"), \
         (\"code\", \"200\")]"
    );
    assert_eq!(find("test.web-server.foo.bar"), "none");
    assert_eq!(find("noisy.a"), "dropped [] dropped");
    assert_eq!(mapped(EXAMPLE, "noisy.a", MappedKind::Observer), "noisy []");
}

#[test]
fn without_ordering_the_plain_word_counts() {
    let rules = "- {match: a.*.*, name: one}\n- {match: a.b.*, name: two}\n\
        - {match: a.*.c, name: three}\n";
    let ordered = format!("mappings:\n{rules}");
    let free = format!("defaults: {{glob_disable_ordering: true}}\nmappings:\n{rules}");
    let kind = MappedKind::Gauge;
    assert_eq!(mapped(&ordered, "a.b.c", kind), "one []");
    assert_eq!(mapped(&free, "a.b.c", kind), "two []");
    assert_eq!(mapped(&free, "a.x.c", kind), "three []");
}

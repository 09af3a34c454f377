//! Section `health`: what is read and what is refused.

use super::super::load;
use super::*;
use crate::Outside;

fn read(text: &str) -> Result<HealthSettings, Vec<String>> {
    let loaded = load("flyball.yml", text, &Outside::nothing());
    loaded.map(|loaded| loaded.config.health).map_err(|error| {
        error.problems().iter().map(|p| format!("{}: {}", p.place, p.message)).collect()
    })
}

#[test]
fn without_a_section_there_are_defaults() {
    assert_eq!(read("").unwrap(), HealthSettings::default());
}

#[test]
fn components_have_defaults_of_their_own() {
    let text = "health:\n  interval: 5s\n  components:\n  - name: db\n  - name: shop\n    \
        title: Shop\n    criticality: critical\n    depends_on: db\n    \
        match: {job: [web, shop], env: prod}\n    vital: https://shop/pay\n    \
        runbook: https://wiki/shop\n";
    let settings = read(text).unwrap();
    assert_eq!(settings.interval, Duration::from_secs(5));
    let db = HealthComponent {
        name: "db".to_owned(),
        matches: vec![("job".to_owned(), vec!["db".to_owned()])],
        ..HealthComponent::default()
    };
    let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let shop = HealthComponent {
        name: "shop".to_owned(),
        title: Some("Shop".to_owned()),
        criticality: HealthCriticality::Critical,
        depends_on: texts(&["db"]),
        matches: vec![
            ("env".to_owned(), texts(&["prod"])),
            ("job".to_owned(), texts(&["web", "shop"])),
        ],
        vital: texts(&["https://shop/pay"]),
        runbook: Some("https://wiki/shop".to_owned()),
    };
    assert_eq!(settings.components, [db, shop]);
}

#[test]
fn checks_know_the_place_of_their_expression() {
    let text = "health:\n  components: [{name: q}]\n  checks:\n  - name: depth\n    \
        component: q\n    expr: queue_depth\n    soft: 100\n    hard: 1000\n    \
        remedy: Scale.\n";
    let expected = HealthCheck {
        name: "depth".to_owned(),
        component: Some("q".to_owned()),
        expr: "queue_depth".to_owned(),
        expr_place: Place { line: 6, column: 11 },
        soft: 100.0,
        hard: 1000.0,
        remedy: "Scale.".to_owned(),
    };
    assert_eq!(read(text).unwrap().checks, [expected]);
}

#[test]
fn mistakes_of_components_are_told_with_their_places() {
    let text = "health:\n  interval: 10ms\n  components:\n  - name: a\n    \
        depends_on: [b, x]\n  \
        - name: b\n    depends_on: c\n  - name: c\n    depends_on: [b]\n  - name: a\n  \
        - name: system\n    match: {}\n    runbook: wiki\n  - title: nameless\n";
    assert_eq!(
        read(text).unwrap_err(),
        [
            "2:13: `interval` must be 1s or more",
            "5:17: \"x\" is no component of this list; add `- name: x` for a job of that name",
            "7:17: components depend on each other in a ring: b -> c -> b",
            "10:11: there are two components with the name \"a\"",
            "11:11: `system` is the name of the whole",
            "12:12: `match` without a label would match everything",
            "13:14: `runbook`: the scheme of the URL must be `http` or `https`",
            "14:5: a component needs `name`",
        ]
    );
}

#[test]
fn mistakes_of_checks_are_told_with_their_places() {
    let text = "health:\n  checks:\n  - {name: a, expr: up, soft: 1, hard: 1}\n  \
        - {name: a, component: x, soft: .nan, hard: 2}\n  - {expr: up, soft: 1}\n";
    assert_eq!(
        read(text).unwrap_err(),
        [
            "3:40: `soft` and `hard` must differ",
            "4:5: a check needs `expr`",
            "4:12: there are two checks with the name \"a\"",
            "4:26: \"x\" is no component of this list; add `- name: x` for a job of that name",
            "4:35: a check needs `soft`, a number",
            "5:5: a check needs `name`",
            "5:5: a check needs `hard`, a number",
        ]
    );
}

#[test]
fn unknown_keys_and_words_are_refused() {
    let told = |text| read(text).unwrap_err().join("\n");
    assert!(told("health: {component: []}\n").contains("did you mean `components`"));
    let word = told("health:\n  components:\n  - {name: a, criticality: vital}\n");
    assert!(word.starts_with("3:28: "), "{word}");
}

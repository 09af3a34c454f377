//! Labels and annotations are expanded with what upstream's templates see.

use super::*;

/// Answers of template queries by text; what is not listed has no result.
type Answers<'a> = &'a [(&'a str, Result<&'a [(&'a str, f64)], &'a str>)];

fn around() -> Arc<Surroundings> {
    Arc::new(Surroundings {
        external_labels: Labels::from_pairs([("dc", "1")]),
        external_url: "http://flyball.example/prefix".into(),
        alert_relabel: Vec::new(),
    })
}

/// One evaluation on two elements, `a` and `b`; gives the effects and the queries of templates.
fn evaluate(rule: RuleSpec, answers: Answers<'_>) -> (Group, Vec<Effect>, Vec<String>) {
    let options = GroupOptions { around: around(), ..GroupOptions::default() };
    let mut group = Group::new(spec(vec![rule]), options);
    let (mut out, mut asked) = (Vec::new(), Vec::new());
    let at = Timestamp::from_ms(EPOCH_MS);
    group.step(Event::Tick { at, monotonic: Duration::ZERO }, &mut out);
    let mut first = true;
    while let Some(Effect::Query { query, at: when }) = out.last() {
        assert_eq!(*when, at);
        let result = if std::mem::take(&mut first) {
            Ok(vec![element("a"), element("b")])
        } else {
            asked.push(query.text.clone());
            let known = answers.iter().find(|(text, _)| *text == query.text);
            match known.map_or(Ok(&[][..]), |(_, answer)| *answer) {
                Ok(samples) => Ok(samples
                    .iter()
                    .map(|(id, value)| (Labels::from_pairs([("id", id)]), Value::Float(*value)))
                    .collect()),
                Err(error) => Err(error.to_owned()),
            }
        };
        let answer = QueryAnswer { result, took: Duration::from_secs(1) };
        group.step(Event::Answer(answer), &mut out);
    }
    (group, out, asked)
}

fn annotations(rule: RuleSpec, answers: Answers<'_>) -> Vec<String> {
    let (_, effects, _) = evaluate(rule, answers);
    let sent = sent(&effects);
    sent.iter().flat_map(|alert| alert.annotations.iter().map(|(_, text)| text.clone())).collect()
}

fn annotated(text: &str) -> RuleSpec {
    alerting_with("Down", (0, 0), &[], &[("summary", text)])
}

#[test]
fn templates_see_labels_value_and_surroundings() {
    let text = "{{ $labels.__name__ }} {{ .Labels.instance }} {{ $value }} {{ $externalLabels.dc }} \
                {{ externalURL }} {{ pathPrefix }} {{ now }}{{ $labels.none }}";
    let rest = "7 1 http://flyball.example/prefix /prefix 1.7e+09";
    assert_eq!(annotations(annotated(text), &[]), [format!("up a {rest}"), format!("up b {rest}")]);
}

#[test]
fn labels_are_templates_and_make_the_identity() {
    let rule = alerting_with("Down", (0, 0), &[("severity", "s-{{ $labels.instance }}")], &[]);
    let (group, _, _) = evaluate(rule, &[]);
    let (_, _, alerts) = group.rules().next().unwrap();
    let labels: Vec<String> = alerts.iter().map(|alert| alert.labels.to_string()).collect();
    assert_eq!(
        labels,
        [
            r#"{alertname="Down", instance="a", severity="s-a"}"#,
            r#"{alertname="Down", instance="b", severity="s-b"}"#,
        ]
    );
}

#[test]
fn a_template_asks_queries_and_equal_ones_once() {
    let text = r#"{{ with query "m" }}{{ . | first | value }}{{ end }}{{ range query (printf "n{i=%q}" $labels.instance) }} {{ .Labels.id }}={{ .Value }}{{ end }}"#;
    let answers: Answers<'_> = &[("m", Ok(&[("x", 3.5)])), (r#"n{i="b"}"#, Ok(&[("y", 1.0)]))];
    let (_, effects, asked) = evaluate(annotated(text), answers);
    assert_eq!(asked, ["m", r#"n{i="a"}"#, r#"n{i="b"}"#]);
    let texts: Vec<_> = sent(&effects).iter().map(|a| a.annotations[0].1.clone()).collect();
    assert_eq!(texts, ["3.5", "3.5 y=1"]);
}

#[test]
fn a_template_that_fails_shows_the_error_in_its_place() {
    let cases: [(&str, Answers<'_>, &str); 4] = [
        (
            r#"{{ query "m" }}"#,
            &[("m", Err("storage is away"))],
            r#"executing "__alert_Down" at <query "m">: error calling query: storage is away>"#,
        ),
        (
            r#"{{ query "m +" }}"#,
            &[],
            "error calling query: 1:4: parse error: unexpected end of input>",
        ),
        ("{{ first (query \"m\") }}", &[], "first() called on vector with no elements>"),
        (
            "{{ range $i, $x := args 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 }}\
             {{ range query (printf \"m%v\" $i) }}{{ end }}{{ end }}",
            &[],
            "error calling query: asks more than 16 queries>",
        ),
    ];
    for (text, answers, end) in cases {
        let shown = annotations(annotated(text), answers);
        let begin = "<error expanding template: error executing template __alert_Down: ";
        assert!(shown[0].starts_with(begin) && shown[0].ends_with(end), "{text}: {}", shown[0]);
    }
}

#[test]
fn what_templates_ask_may_not_take_forever() {
    // The rule's own query takes a second of the two minutes, each query of the template another.
    let text = "{{ query (printf \"m%s\" $labels.instance) }}";
    let names: Vec<String> = (0..16).map(|index| format!("a{index}")).collect();
    let texts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text)).collect();
    let options = GroupOptions { query_time_max: Duration::from_secs(1), ..Default::default() };
    let mut group = Group::new(spec(vec![alerting_with("Down", (0, 0), &[], &texts)]), options);
    let mut out = Vec::new();
    let at = Timestamp::from_ms(EPOCH_MS);
    group.step(Event::Tick { at, monotonic: Duration::ZERO }, &mut out);
    let result = Ok(vec![element("a")]);
    group.step(Event::Answer(QueryAnswer { result, took: Duration::from_secs(1) }), &mut out);
    let alert = sent(&out)[0].clone();
    assert!(alert.annotations[15].1.contains("query timed out in expression evaluation"));
}

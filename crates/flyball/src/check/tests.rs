use super::{Kind, convention, lint};
use crate::cli::Lint;
use crate::load;
use commands::console::{Console, Verdict};
use expect_test::{Expect, expect};

#[track_caller]
fn check_metrics(text: &str, verdict: Verdict, expected: &Expect) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::plain(&mut out, &mut err);
    assert_eq!(convention::run(text, false, &mut console).unwrap(), verdict);
    drop(console);
    expected.assert_eq(&String::from_utf8(err).unwrap());
}

#[test]
fn good_metrics_are_silent() {
    let text = "# HELP a_seconds_total b\n# TYPE a_seconds_total counter\na_seconds_total 1\n\
                # HELP h_bytes c\n# TYPE h_bytes histogram\nh_bytes_bucket{le=\"+Inf\"} 1\n\
                h_bytes_sum 1\nh_bytes_count 1\n\
                # HELP s d\n# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n";
    check_metrics(text, Verdict::Good, &expect![""]);
}

#[test]
fn every_convention_is_checked() {
    let text = "# TYPE a_total gauge\na_total 1\n\
                # HELP oneTwo x\n# TYPE oneTwo counter\noneTwo{aB=\"1\"} 1\n\
                # HELP a:b x\na:b 1\n\
                # HELP wait_ms x\n# TYPE wait_ms gauge\nwait_ms 1\nwait_ms 2\n\
                # HELP wait_milliseconds x\n# TYPE wait_milliseconds gauge\nwait_milliseconds 1\n\
                # HELP run_hours x\nrun_hours 1\n\
                # HELP q_gauge_count x\n# TYPE q_gauge_count gauge\nq_gauge_count{le=\"1\",\
                quantile=\"1\"} 1\n";
    check_metrics(
        text,
        Verdict::Lint,
        &expect![[r#"
            a:b metric names should not contain ':'
            a_total no help text
            a_total non-counter metrics should not have "_total" suffix
            oneTwo counter metrics should have "_total" suffix
            oneTwo label names should be written in 'snake_case' not 'camelCase'
            oneTwo metric names should be written in 'snake_case' not 'camelCase'
            q_gauge_count metric name should not include type 'gauge'
            q_gauge_count non-histogram and non-summary metrics should not have "_count" suffix
            q_gauge_count non-histogram metrics should not have "le" label
            q_gauge_count non-summary metrics should not have "quantile" label
            run_hours use base unit "seconds" instead of "hours"
            wait_milliseconds use base unit "seconds" instead of "milliseconds"
            wait_ms metric names should not contain abbreviated units
            wait_ms metric not unique
        "#]],
    );
}

#[test]
fn what_is_no_text_format_is_refused_with_its_line() {
    check_metrics(
        "up 1\nup{ 1\n",
        Verdict::Bad,
        &expect![[r"
            error while linting: standard input, line 2: expected label name, found `1`
        "]],
    );
    check_metrics(
        "",
        Verdict::Bad,
        &expect![[r"
            error while linting: standard input holds no metrics
        "]],
    );
}

#[test]
fn lint_takes_promtools_words() {
    let parse = |text: &str| text.parse::<Lint>();
    let both = Lint { duplicate_rules: true, long_intervals: true };
    assert_eq!(parse("all"), Ok(both));
    assert_eq!(parse("duplicate-rules,too-long-scrape-interval"), Ok(both));
    assert_eq!(parse("none"), Ok(Lint::default()));
    assert!(parse("none,all").unwrap_err().contains("stands alone"));
    assert!(parse("duplicates").unwrap_err().contains("found `duplicates`, expected all"));
    assert!(parse("").is_err());
}

#[test]
fn rules_are_duplicates_when_name_and_labels_are_the_same() {
    let text = "groups:\n- name: a\n  rules:\n\
                \x20 - {record: x, expr: up}\n\
                \x20 - {record: x, expr: up, labels: {a: b}}\n\
                - name: b\n  rules:\n\
                \x20 - {record: x, expr: up + 1, labels: {a: b}}\n\
                \x20 - {alert: x, expr: up == 0}\n";
    let defaults = load::GroupDefaults {
        syntax: promql::ParserOptions::default(),
        interval: std::time::Duration::from_mins(1),
        query_offset: std::time::Duration::ZERO,
        scheme: config::GlobalConfig::default().name_scheme,
        unknown_keys: config::UnknownKeys::Refused,
    };
    let (groups, _) = load::parse_rules("r.yml", text, defaults).unwrap();
    let found = lint::duplicates("r.yml", &groups.iter().collect::<Vec<_>>());
    expect![[r#"
        r.yml: 2 rules have `record: x{a="b"}`: rule 2 of group `a`, rule 1 of group `b`;
          where their results overlap, one of them is lost"#]]
    .assert_eq(&found.join("\n"));
}

#[test]
fn files_are_told_apart_by_their_keys() {
    assert_eq!(Kind::of("# x\ngroups: []\n"), Some(Kind::Rules));
    assert_eq!(Kind::of("tls_server_config: {}"), Some(Kind::WebConfig));
    assert_eq!(Kind::of("route: {}"), Some(Kind::Alertmanager));
    assert_eq!(Kind::of("scrape_configs: []"), Some(Kind::Config));
    assert_eq!(Kind::of("  groups: []"), None);
    assert_eq!(Kind::of(""), None);
}

use crate::{ParserOptions, parse_with, pretty};
use expect_test::expect;

fn print(source: &str) -> String {
    parse_with(source, &ParserOptions::ALL).unwrap().to_string()
}

#[test]
fn one_line_is_normalised_as_upstream_does() {
    for (source, expected) in [
        ("sum(rate(up[5m]))by(job)", "sum by (job) (rate(up[5m]))"),
        ("SUM without()(up)", "sum without () (up)"),
        ("sum by()(up)", "sum(up)"),
        ("topk(3,up)", "topk(3, up)"),
        ("{b=\"x\",a=\"y\"}", "{a=\"y\",b=\"x\"}"),
        ("up{}", "up"),
        ("{\"up\"}", "{__name__=\"up\"}"),
        ("{\"a b\"='c'}", "{\"a b\"=\"c\"}"),
        ("up[90s] offset 60", "up[1m30s] offset 1m"),
        ("up offset -1d @ 1.5", "up @ 1.500 offset -1d"),
        ("up[5m:] @ start()", "up[5m:] @ start()"),
        ("up[5m] anchored", "up[5m] anchored"),
        ("a+on(x)group_left b", "a + on (x) group_left () b"),
        ("a==bool ignoring(x,\"y z\")b", "a == bool ignoring (x, \"y z\") b"),
        ("a + ignoring() b", "a + b"),
        ("a and on() b", "a and on () b"),
        ("a + fill(1) b", "a + fill (1) b"),
        ("a + fill_left(1) fill_right(1) b", "a + fill_left (1) fill_right (1) b"),
        ("a + fill_right(1) fill_left(2) b", "a + fill_left (2) fill_right (1) b"),
        ("a + fill_right(-Inf) b", "a + fill_right (-Inf) b"),
        ("a + fill(999999) b", "a + fill (999999) b"),
        ("a + fill(1000000) b", "a + fill (1e+06) b"),
        ("a + fill(0.00001) b", "a + fill (1e-05) b"),
        ("1e3", "1000"),
        ("1e21", "1000000000000000000000"),
        ("Inf", "+Inf"),
        ("Inf ^ 2", "Inf ^ 2"),
        ("-5m", "-5m"),
        ("\"a\tb\"", "\"a\\tb\""),
        ("a[min_of(step(),5m)*2]", "a[min_of(step(), 5m) * 2]"),
        ("a[0.0001]", "a[0.0001]"),
        ("a @ -0.001", "a @ -0.001"),
    ] {
        assert_eq!(print(source), expected, "{source}");
    }
}

#[test]
fn long_expressions_are_split_as_upstream_does() {
    let expr = parse_with(
        "histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket\
         {job=\"api\", instance=~\"a.*\"}[5m]))) * on (path) group_left (team) max by (path) \
         (-owner_info{team!=\"\"} + 1) > bool (1 + (some_rather_long_metric_name_number_one / \
         some_rather_long_metric_name_number_two_of_three))",
        &ParserOptions::ALL,
    );
    expect![[r#"
            histogram_quantile(
              0.99,
              sum by (le, path) (rate(http_request_duration_seconds_bucket{instance=~"a.*",job="api"}[5m]))
            )
          * on (path) group_left (team)
            max by (path) (-owner_info{team!=""} + 1)
        > bool
          (1 + (some_rather_long_metric_name_number_one / some_rather_long_metric_name_number_two_of_three))"#]]
    .assert_eq(&pretty(&expr.unwrap()));
}

#[test]
fn exactly_a_hundred_columns_stay_in_one_line() {
    let text = |length: usize| format!("abs({})", "a".repeat(length - 5));
    let shown = |length: usize| pretty(&parse_with(&text(length), &ParserOptions::ALL).unwrap());
    assert_eq!(shown(100), text(100));
    assert_eq!(shown(101), format!("abs(\n  {}\n)", "a".repeat(96)));
}

//! Plans and analyses: what they show for typical expressions, and that they show what was done.

use crate::store::load;
use expect_test::{Expect, expect};
use model::{Querier, Timestamp};
use promql::script::{CommandKind, Eval, EvalTime, parse_script};
use promql::{Expr, ExprKind, ParserOptions, parse_with};
use query::script::{Options, Store, run};
use query::{
    Cancel, Engine, Explanation, MemoryQuerier, PlanNode, Query, QueryOutput, QueryValue,
    StepRange, When,
};
use std::cell::Cell;
use std::fmt::Write;
use std::time::Duration;

const DATA: &str = r#"
    up{job="a", instance="1"} 1 1 1 0 1 1 1 1 1 1
    up{job="a", instance="2"} 1 1 stale _ _ 1 1 1 1 1
    up{job="b", instance="3"} _ _ 1 1 1 1 1 1 1 1
    hits_total{job="a", instance="1"} 0+60x9
    hits_total{job="a", instance="2"} 0 60 120 0 60 120 180 240 300 360
    hits_total{job="b", instance="3"} 0+6x9
    latency{job="a"} {{schema:0 sum:1 count:2 buckets:[1 1]}}x9
    target_info{job="a", instance="1", version="1.2"} 1x9
"#;

const MINUTE: When = When::Instant(Timestamp::from_ms(300_000));

fn range() -> When {
    When::Range(StepRange {
        start: Timestamp::from_ms(60_000),
        end: Timestamp::from_ms(300_000),
        step: Duration::from_mins(1),
    })
}

/// A stopwatch that goes on by 1 ms whenever somebody looks.
fn analyze(query: Query<'_>, when: When, store: &MemoryQuerier) -> Explanation {
    let looked = Cell::new(0);
    let stopwatch = || {
        looked.set(looked.get() + 1);
        Duration::from_millis(looked.get())
    };
    Engine::default().analyze(store, query, when, (&Cancel::new(), &stopwatch))
}

fn seconds(at: Timestamp) -> String {
    at.seconds().to_string()
}

fn show_node(node: &PlanNode, out: &mut String) {
    let indent = "  ".repeat(node.depth);
    let [(line, column), (_, end)] = node.place;
    write!(out, "{indent}{}  {line}:{column}-{end} {}", node.text, node.value_type).unwrap();
    match node.steps {
        None => out.push_str(", not computed"),
        Some(steps) if steps.count == 1 => write!(out, ", at {}", seconds(steps.first)).unwrap(),
        Some(steps) => {
            let (first, last) = (seconds(steps.first), seconds(steps.last));
            write!(out, ", {} steps {first}..{last}", steps.count).unwrap();
        }
    }
    out.push('\n');
    for what in &node.does {
        writeln!(out, "{indent}| {what}").unwrap();
    }
    for read in &node.reads {
        let (first, last) = (seconds(read.first), seconds(read.last));
        write!(out, "{indent}| reads {} {first}..{last}", read.matchers).unwrap();
        if let Some(function) = read.function_hint {
            write!(out, " for {function}").unwrap();
        }
        if node.measured.is_some() {
            write!(out, ": {} series, {} samples", read.series, read.samples).unwrap();
        }
        out.push('\n');
    }
    if let Some(measured) = &node.measured {
        let (total, own) = (measured.total.as_millis(), measured.own.as_millis());
        let (series, points) = (measured.series, measured.points);
        let bytes = if measured.bytes_peak > 0 { "bytes" } else { "nothing" };
        writeln!(out, "{indent}= {series} series, {points} points, {bytes}, {own}/{total} ms")
            .unwrap();
        for (way, count) in &measured.ways {
            writeln!(out, "{indent}= {count} series {way}").unwrap();
        }
        if let Some(error) = &measured.error {
            writeln!(out, "{indent}= {error}").unwrap();
        }
    }
}

fn show(explanation: &Explanation) -> String {
    let mut out = String::new();
    explanation.nodes.iter().for_each(|node| show_node(node, &mut out));
    if let Err(error) = &explanation.answer {
        writeln!(out, "{error}").unwrap();
    }
    out
}

fn parse(text: &str) -> Expr {
    parse_with(text, &ParserOptions::ALL).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
fn plans(text: &str, when: When, expected: Expect) {
    let expr = parse(text);
    let query = Query { expr: &expr, text };
    expected.assert_eq(&show(&Engine::default().plan(query, when, &Cancel::new())));
}

#[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
fn analyzes(text: &str, when: When, expected: Expect) {
    let expr = parse(text);
    expected.assert_eq(&show(&analyze(Query { expr: &expr, text }, when, &load(DATA))));
}

#[test]
fn a_selector_tells_what_it_reads() {
    plans(
        "up{job=~\"a|b\"}",
        MINUTE,
        expect![[r#"
        up{job=~"a|b"}  1:1-15 instant vector, at 300
        | the newest sample, less than 5m old
        | reads {job=~"a|b",__name__="up"} 0.001..300
    "#]],
    );
    plans(
        "up offset 1m",
        range(),
        expect![[r#"
        up offset 1m  1:1-13 instant vector, 5 steps 60..300
        | the newest sample, less than 5m old
        | looks 1m earlier than each step
        | reads {__name__="up"} -299.999..240
    "#]],
    );
    plans(
        "up @ end() offset -1m",
        range(),
        expect![[r#"
        up @ end() offset -1m  1:1-22 instant vector, 5 steps 60..300
        | computed at one step and repeated for all 5
        | the newest sample, less than 5m old
        | looks at the instant 360 at every step
        | reads {__name__="up"} 60.001..360
    "#]],
    );
    plans(
        "up smoothed",
        MINUTE,
        expect![[r#"
        up smoothed  1:1-3 instant vector, at 300
        | interpolates between neighbours less than 5m away
        | reads {__name__="up"} 0.001..600
    "#]],
    );
    plans(
        "up[2m]",
        MINUTE,
        expect![[r#"
        up[2m]  1:1-7 range vector, at 300
        | samples of one window of 2m
        | reads {__name__="up"} 180.001..300
    "#]],
    );
    plans(
        "timestamp((up))",
        MINUTE,
        expect![[r#"
        timestamp  1:1-16 instant vector, at 300
          ( )  1:11-15 instant vector, at 300
            up  1:12-14 instant vector, at 300
            | the time of the newest sample, less than 5m old
            | reads {__name__="up"} 0.001..300
    "#]],
    );
    plans(
        "start_timestamp(up)",
        MINUTE,
        expect![[r#"
        start_timestamp  1:1-20 instant vector, at 300
          up  1:17-19 instant vector, at 300
          | the start of the newest sample's counter, less than 5m old
          | reads {__name__="up"} 0.001..300
    "#]],
    );
}

#[test]
fn range_functions_tell_how_they_look_at_windows() {
    plans(
        "sum by (job) (rate(hits_total[2m]))",
        range(),
        expect![[r#"
        sum by (job)  1:1-36 instant vector, 5 steps 60..300
        | one series per group of equal values of the labels (job)
          rate  1:15-35 instant vector, 5 steps 60..300
          | windows of 2m: their ends and the resets, which are looked for once
            hits_total[2m]  1:20-34 range vector, 5 steps 60..300
            | reads {__name__="hits_total"} -59.999..300 for rate
    "#]],
    );
    plans(
        "max_over_time((up[3m] offset 1m))",
        MINUTE,
        expect![[r#"
        max_over_time  1:1-34 instant vector, at 300
        | windows of 3m: all samples of each
          ( )  1:15-33 range vector, at 300
            up[3m] offset 1m  1:16-32 range vector, at 300
            | looks 1m earlier than each step
            | reads {__name__="up"} 60.001..240 for max_over_time
    "#]],
    );
    plans(
        "increase(hits_total[3m] anchored)",
        MINUTE,
        expect![[r#"
        increase  1:1-34 instant vector, at 300
        | windows of 3m: all samples of each, from the last sample before each
          hits_total[3m] anchored  1:10-24 range vector, at 300
          | reads {__name__="hits_total"} -179.999..300 for increase
    "#]],
    );
    plans(
        "quantile_over_time(scalar(up), up[3m])",
        MINUTE,
        expect![[r#"
        quantile_over_time  1:1-39 instant vector, at 300
        | windows of 3m: all samples of each
          scalar  1:20-30 scalar, at 300
            up  1:27-29 instant vector, at 300
            | the newest sample, less than 5m old
            | reads {__name__="up"} 0.001..300
          up[3m]  1:32-38 range vector, at 300
          | reads {__name__="up"} 120.001..300 for quantile_over_time
    "#]],
    );
}

#[test]
fn subqueries_tell_where_they_are_evaluated() {
    plans(
        "max_over_time(rate(hits_total[2m])[4m:30s])",
        range(),
        expect![[r#"
        max_over_time  1:1-44 instant vector, 5 steps 60..300
        | windows of 4m: all samples of each
          [4m:30s]  1:15-43 range vector, 5 steps 60..300
          | evaluated at 16 multiples of 30s, for all windows once
            rate  1:15-35 instant vector, 16 steps -150..300
            | windows of 2m: their ends and the resets, which are looked for once
              hits_total[2m]  1:20-34 range vector, 16 steps -150..300
              | reads {__name__="hits_total"} -269.999..300 for rate
    "#]],
    );
    plans(
        "up[4m:1m] offset 1m",
        MINUTE,
        expect![[r#"
        [4m:1m] offset 1m  1:1-20 range vector, at 300
        | evaluated at 4 multiples of 1m, for all windows once
        | looks 1m earlier than each step
          up  1:1-3 instant vector, 4 steps 60..240
          | the newest sample, less than 5m old
          | reads {__name__="up"} -239.999..240
    "#]],
    );
}

#[test]
fn operators_tell_how_series_find_each_other() {
    plans(
        "1 + 2 * 3",
        MINUTE,
        expect![[r#"
        +  1:1-10 scalar, at 300
        | number with number
          1  1:1-2 scalar, at 300
          *  1:5-10 scalar, at 300
          | number with number
            2  1:5-6 scalar, at 300
            3  1:9-10 scalar, at 300
    "#]],
    );
    plans(
        "2 < up",
        MINUTE,
        expect![[r#"
        <  1:1-7 instant vector, at 300
        | a number with each series on the right
          2  1:1-2 scalar, at 300
          up  1:5-7 instant vector, at 300
          | the newest sample, less than 5m old
          | reads {__name__="up"} 0.001..300
    "#]],
    );
    plans(
        "up / on (job) group_left (version) target_info + 1",
        MINUTE,
        expect![[r#"
        +  1:1-51 instant vector, at 300
        | each series on the left with a number
          / on (job) group_left (version)  1:1-47 instant vector, at 300
          | joins many series on the left with one on the right, by the labels (job)
            up  1:1-3 instant vector, at 300
            | the newest sample, less than 5m old
            | reads {__name__="up"} 0.001..300
            target_info  1:36-47 instant vector, at 300
            | the newest sample, less than 5m old
            | reads {__name__="target_info"} 0.001..300
          1  1:50-51 scalar, at 300
    "#]],
    );
}

#[test]
fn set_operators_tell_what_decides() {
    plans(
        "up and ignoring (job) up or up unless up",
        MINUTE,
        expect![[r#"
            or  1:1-41 instant vector, at 300
            | the left, and points on the right with none on the left, by all labels
              and ignoring (job)  1:1-25 instant vector, at 300
              | points on the left with one on the right, by all labels but (job)
                up  1:1-3 instant vector, at 300
                | the newest sample, less than 5m old
                | reads {__name__="up"} 0.001..300
                up  1:23-25 instant vector, at 300
                | the newest sample, less than 5m old
                | reads {__name__="up"} 0.001..300
              unless  1:29-41 instant vector, at 300
              | points on the left with none on the right, by all labels
                up  1:29-31 instant vector, at 300
                | the newest sample, less than 5m old
                | reads {__name__="up"} 0.001..300
                up  1:39-41 instant vector, at 300
                | the newest sample, less than 5m old
                | reads {__name__="up"} 0.001..300
        "#]],
    );
    plans(
        "-(up == bool 1)",
        MINUTE,
        expect![[r#"
        -  1:1-16 instant vector, at 300
          ( )  1:2-16 instant vector, at 300
            == bool  1:3-15 instant vector, at 300
            | each series on the left with a number
              up  1:3-5 instant vector, at 300
              | the newest sample, less than 5m old
              | reads {__name__="up"} 0.001..300
              1  1:14-15 scalar, at 300
    "#]],
    );
}

#[test]
fn aggregations_tell_what_they_do() {
    plans(
        "topk(scalar(up), up)",
        MINUTE,
        expect![[r#"
        topk  1:1-21 instant vector, at 300
        | some series at each step of all
        | fails when there are no series: Parameter value is NaN
          scalar  1:6-16 scalar, at 300
            up  1:13-15 instant vector, at 300
            | the newest sample, less than 5m old
            | reads {__name__="up"} 0.001..300
          up  1:18-20 instant vector, at 300
          | the newest sample, less than 5m old
          | reads {__name__="up"} 0.001..300
    "#]],
    );
    plans(
        "count_values without (job) (\"v\", up)",
        MINUTE,
        expect![[r#"
        count_values without (job)  1:1-37 instant vector, at 300
        | one series per value per group of equal values of all labels but (job)
          "v"  1:29-32 string, at 300
          up  1:34-36 instant vector, at 300
          | the newest sample, less than 5m old
          | reads {__name__="up"} 0.001..300
    "#]],
    );
    plans(
        "info(up, {version=~\".+\"})",
        MINUTE,
        expect![[r#"
        info  1:1-26 instant vector, at 300
        | info series {__name__="target_info",version=~".+"} of the same instance and job
          up  1:6-8 instant vector, at 300
          | the newest sample, less than 5m old
          | reads {__name__="up"} 0.001..300
          {version=~".+"}  1:10-25 instant vector, at 300
    "#]],
    );
}

#[test]
fn functions_tell_what_they_do() {
    plans(
        "histogram_count(latency)",
        MINUTE,
        expect![[r#"
        histogram_count  1:1-25 instant vector, at 300
        | notes resets while histograms are read
          latency  1:17-24 instant vector, at 300
          | the newest sample, less than 5m old
          | reads {__name__="latency"} 0.001..300
    "#]],
    );
    plans(
        "sort_by_label(up, \"job\")",
        range(),
        expect![[r#"
        sort_by_label  1:1-25 instant vector, 5 steps 60..300
          up  1:15-17 instant vector, 5 steps 60..300
          | the newest sample, less than 5m old
          | reads {__name__="up"} -239.999..300
          "job"  1:19-24 string, not computed
    "#]],
    );
    plans(
        "up[1m:30s]",
        range(),
        expect![[r#"
        [1m:30s]  1:1-11 range vector, not computed
          up  1:1-3 instant vector, not computed
        invalid expression type "range vector" for range query, must be Scalar or instant Vector
    "#]],
    );
}

#[test]
fn fixed_and_wrong_windows_are_told() {
    plans(
        "rate(up[5m - 5m])",
        MINUTE,
        expect![[r#"
        rate  1:1-18 instant vector, at 300
        | fails when there are no series: duration must be greater than 0
          up[5m - 5m]  1:6-17 range vector, not computed
    "#]],
    );
    plans(
        "max_over_time(sum(up @ 60)[5m:1m] @ 120)",
        range(),
        expect![[r#"
        max_over_time  1:1-41 instant vector, 5 steps 60..300
        | computed at one step and repeated for all 5
        | windows of 5m: all samples of each
          [5m:1m] @ 120.000  1:15-40 range vector, at 60
          | evaluated at 5 multiples of 1m, for all windows once
          | looks at the instant 120 at every step
            sum  1:15-27 instant vector, 5 steps -120..120
            | computed at one step and repeated for all 5
            | one series of all
              up @ 60.000  1:19-26 instant vector, at -120
              | the newest sample, less than 5m old
              | looks at the instant 60 at every step
              | reads {__name__="up"} -239.999..60
    "#]],
    );
}

#[test]
fn what_does_not_depend_on_the_step_is_computed_once() {
    plans(
        "up / scalar(sum(up @ end()))",
        range(),
        expect![[r#"
        /  1:1-29 instant vector, 5 steps 60..300
        | each series on the left with a number
          up  1:1-3 instant vector, 5 steps 60..300
          | the newest sample, less than 5m old
          | reads {__name__="up"} -239.999..300
          scalar  1:6-29 scalar, 5 steps 60..300
          | computed at one step and repeated for all 5
            sum  1:13-28 instant vector, at 60
            | one series of all
              up @ end()  1:17-27 instant vector, at 60
              | the newest sample, less than 5m old
              | looks at the instant 300 at every step
              | reads {__name__="up"} 0.001..300
    "#]],
    );
}

#[test]
fn an_analysis_has_figures_for_every_part() {
    analyzes(
        "sum by (job) (rate(hits_total[2m])) > 0.5",
        range(),
        expect![[r#"
        >  1:1-42 instant vector, 5 steps 60..300
        | each series on the left with a number
        = 1 series, 5 points, bytes, 3/15 ms
          sum by (job)  1:1-36 instant vector, 5 steps 60..300
          | one series per group of equal values of the labels (job)
          = 2 series, 10 points, bytes, 2/11 ms
            rate  1:15-35 instant vector, 5 steps 60..300
            | windows of 2m: their ends and the resets, which are looked for once
            = 3 series, 15 points, bytes, 5/9 ms
            = 3 series by the ends of windows
              hits_total[2m]  1:20-34 range vector, 5 steps 60..300
              | reads {__name__="hits_total"} -59.999..300 for rate: 3 series, 18 samples
              = 3 series, 18 points, bytes, 4/4 ms
          0.5  1:39-42 scalar, 5 steps 60..300
          = 0 series, 5 points, bytes, 1/1 ms
    "#]],
    );
    analyzes(
        "avg_over_time(latency[2m]) or up",
        range(),
        expect![[r#"
        or  1:1-33 instant vector, 5 steps 60..300
        | the left, and points on the right with none on the left, by all labels
        = 4 series, 16 points, bytes, 3/9 ms
          avg_over_time  1:1-27 instant vector, 5 steps 60..300
          | windows of 2m: all samples of each
          = 1 series, 5 points, bytes, 3/5 ms
          = 1 series window by window
            latency[2m]  1:15-26 range vector, 5 steps 60..300
            | reads {__name__="latency"} -59.999..300 for avg_over_time: 1 series, 6 samples
            = 1 series, 6 points, bytes, 2/2 ms
          up  1:31-33 instant vector, 5 steps 60..300
          | the newest sample, less than 5m old
          | reads {__name__="up"} -239.999..300: 3 series, 14 samples
          = 3 series, 11 points, bytes, 1/1 ms
    "#]],
    );
}

#[test]
fn an_analysis_of_a_subquery_has_figures() {
    analyzes(
        "max_over_time(sum(up)[3m:1m])",
        MINUTE,
        expect![[r#"
        max_over_time  1:1-30 instant vector, at 300
        | windows of 3m: all samples of each
        = 1 series, 1 points, bytes, 2/7 ms
        = 1 series window by window
          [3m:1m]  1:15-29 range vector, at 300
          | evaluated at 3 multiples of 1m, for all windows once
          = 1 series, 3 points, bytes, 2/5 ms
            sum  1:15-22 instant vector, 3 steps 180..300
            | one series of all
            = 1 series, 3 points, bytes, 2/3 ms
              up  1:19-21 instant vector, 3 steps 180..300
              | the newest sample, less than 5m old
              | reads {__name__="up"} -119.999..300: 3 series, 14 samples
              = 3 series, 7 points, bytes, 1/1 ms
    "#]],
    );
    analyzes(
        "up[2m]",
        MINUTE,
        expect![[r#"
        up[2m]  1:1-7 range vector, at 300
        | samples of one window of 2m
        | reads {__name__="up"} 180.001..300: 3 series, 5 samples
        = 3 series, 5 points, bytes, 1/1 ms
    "#]],
    );
}

#[test]
fn an_analysis_of_functions_that_select_has_figures() {
    analyzes(
        "info(up)",
        MINUTE,
        expect![[r#"
        info  1:1-9 instant vector, at 300
        | info series {__name__="target_info"} of the same instance and job
        | the time of the newest sample, less than 5m old
        | reads {instance=~"1|2|3",job=~"a|b",__name__="target_info"} 0.001..300 for info: 1 series, 5 samples
        = 4 series, 4 points, bytes, 2/3 ms
          up  1:6-8 instant vector, at 300
          | the newest sample, less than 5m old
          | reads {__name__="up"} 0.001..300: 3 series, 12 samples
          = 3 series, 3 points, bytes, 1/1 ms
    "#]],
    );
    analyzes(
        "timestamp(up) - start_timestamp(up)",
        MINUTE,
        expect![[r#"
        -  1:1-36 instant vector, at 300
        | joins one series with one, by all labels
        = 3 series, 3 points, bytes, 3/9 ms
          timestamp  1:1-14 instant vector, at 300
          = 3 series, 3 points, bytes, 2/3 ms
            up  1:11-13 instant vector, at 300
            | the time of the newest sample, less than 5m old
            | reads {__name__="up"} 0.001..300: 3 series, 12 samples
            = 3 series, 3 points, bytes, 1/1 ms
          start_timestamp  1:17-36 instant vector, at 300
          = 3 series, 3 points, bytes, 2/3 ms
            up  1:33-35 instant vector, at 300
            | the start of the newest sample's counter, less than 5m old
            | reads {__name__="up"} 0.001..300: 3 series, 12 samples
            = 3 series, 3 points, bytes, 1/1 ms
    "#]],
    );
    analyzes(
        "sum(up @ end()) + 1",
        range(),
        expect![[r#"
        +  1:1-20 instant vector, 5 steps 60..300
        | computed at one step and repeated for all 5
        | each series on the left with a number
        = 1 series, 5 points, bytes, 3/7 ms
          sum  1:1-16 instant vector, at 60
          | one series of all
          = 1 series, 1 points, bytes, 2/3 ms
            up @ end()  1:5-15 instant vector, at 60
            | the newest sample, less than 5m old
            | looks at the instant 300 at every step
            | reads {__name__="up"} 0.001..300: 3 series, 12 samples
            = 3 series, 3 points, bytes, 1/1 ms
          1  1:19-20 scalar, at 60
          = 0 series, 1 points, bytes, 1/1 ms
    "#]],
    );
}

#[test]
fn the_part_that_failed_is_marked() {
    analyzes(
        "1 + sum(up * on (job) up)",
        MINUTE,
        expect![[r#"
        +  1:1-26 instant vector, at 300
        = 0 series, 0 points, bytes, 3/11 ms
          1  1:1-2 scalar, at 300
          = 0 series, 1 points, bytes, 1/1 ms
          sum  1:5-26 instant vector, at 300
          = 0 series, 0 points, bytes, 2/7 ms
            * on (job)  1:9-25 instant vector, at 300
            | joins one series with one, by the labels (job)
            = 0 series, 0 points, bytes, 3/5 ms
            = found duplicate series for the match group {job="a"} on the right hand-side of the operation: [{__name__="up", instance="1", job="a"}, {__name__="up", instance="2", job="a"}];many-to-many matching not allowed: matching labels must be unique on one side
              up  1:9-11 instant vector, at 300
              | the newest sample, less than 5m old
              | reads {__name__="up"} 0.001..300: 3 series, 12 samples
              = 3 series, 3 points, bytes, 1/1 ms
              up  1:23-25 instant vector, at 300
              | the newest sample, less than 5m old
              | reads {__name__="up"} 0.001..300: 3 series, 12 samples
              = 3 series, 3 points, bytes, 1/1 ms
        found duplicate series for the match group {job="a"} on the right hand-side of the operation: [{__name__="up", instance="1", job="a"}, {__name__="up", instance="2", job="a"}];many-to-many matching not allowed: matching labels must be unique on one side
    "#]],
    );
}

#[test]
fn a_limit_ends_a_plan_as_it_ends_the_query() {
    let text = "sum(rate(up[5m]))";
    let expr = parse(text);
    let query = Query { expr: &expr, text };
    let steps = StepRange {
        start: Timestamp::from_ms(0),
        end: Timestamp::from_ms(i64::MAX / 2),
        step: Duration::from_millis(1),
    };
    let explanation = Engine::default().plan(query, When::Range(steps), &Cancel::new());
    let error = explanation.answer.unwrap_err().to_string();
    assert!(error.contains("too many samples"), "{error}");
    assert_eq!(explanation.nodes.len(), 3);
}

fn text_of(answer: &QueryOutput) -> String {
    let QueryOutput { value, warnings, infos, .. } = answer;
    match value {
        QueryValue::Scalar { value, .. } => format!("{:x} {warnings:?} {infos:?}", value.to_bits()),
        other => format!("{other:?} {warnings:?} {infos:?}"),
    }
}

/// Nodes that no evaluation reaches: what `sort_by_label` sorts by in a range query, the second
/// argument of `info` when no series needs it.
fn may_be_passed_over(expr: &Expr, inside: &[&Expr]) -> bool {
    let in_call = |name: &str| inside.iter().any(|outer| is_call(outer, name));
    let sorts = in_call("sort_by_label") || in_call("sort_by_label_desc");
    (matches!(expr.kind, ExprKind::String(_)) && sorts) || in_call("info")
}

fn is_call(expr: &Expr, name: &str) -> bool {
    matches!(&expr.kind, ExprKind::Call(call) if call.function.name == name)
}

fn parents<'a>(expr: &'a Expr, path: &mut Vec<&'a Expr>, out: &mut Vec<(&'a Expr, Vec<&'a Expr>)>) {
    out.push((expr, path.clone()));
    path.push(expr);
    for child in expr.children() {
        parents(child, path, out);
    }
    path.pop();
}

/// Every part is reached, times add up, and looking changes no answer.
fn check(text: &str, when: When, store: &MemoryQuerier) {
    let Ok(expr) = parse_with(text, &ParserOptions::ALL) else { return };
    let query = Query { expr: &expr, text };
    let engine = Engine::default();
    let plain = match &when {
        When::Instant(at) => engine.instant(store, query, *at, &Cancel::new()),
        When::Range(steps) => engine.range(store, query, steps, &Cancel::new()),
    };
    let explanation = analyze(query, when, store);
    let mut all = Vec::new();
    parents(&expr, &mut Vec::new(), &mut all);
    assert_eq!(explanation.nodes.len(), all.len(), "{text}");
    match (&plain, &explanation.answer) {
        (Ok(plain), Ok(answer)) => assert_eq!(text_of(plain), text_of(answer), "{text}"),
        (Err(plain), Err(error)) => {
            assert_eq!(plain.to_string(), error.to_string(), "{text}");
            return;
        }
        _ => panic!("{text}: {plain:?}, {explanation:?}"),
    }
    for (node, (part, inside)) in explanation.nodes.iter().zip(&all) {
        assert_eq!(node.depth, inside.len(), "{text}");
        assert!(node.steps.is_some() || may_be_passed_over(part, inside), "{text}: {node:?}");
    }
    let measured = explanation.nodes.iter().filter_map(|node| node.measured.as_ref());
    let own: Duration = measured.map(|measured| measured.own).sum();
    let total = explanation.nodes[0].measured.as_ref().map(|measured| measured.total);
    assert_eq!(Some(own), total, "{text}");
    let plan = engine.plan(query, when, &Cancel::new());
    for ((planned, node), (part, inside)) in plan.nodes.iter().zip(&explanation.nodes).zip(&all) {
        // Which info series are read depends on the series they describe.
        let unplanned = is_call(part, "info") || inside.iter().any(|part| is_call(part, "info"));
        let same = planned.does.iter().filter(|what| !what.starts_with("fails when"));
        assert!(same.eq(&node.does) || unplanned, "{text}: {planned:?} {node:?}");
    }
}

/// Explains every eval of a script before it is run.
struct Explaining {
    store: MemoryQuerier,
    evals: Vec<Eval>,
    next: Cell<usize>,
}

impl Store for Explaining {
    fn clear(&mut self) -> Result<(), String> {
        self.store.clear();
        Ok(())
    }

    fn load(&mut self, samples: MemoryQuerier) -> Result<(), String> {
        self.store.extend(samples);
        Ok(())
    }

    fn querier(&self) -> &dyn Querier {
        let eval = &self.evals[self.next.get()];
        self.next.set(self.next.get() + 1);
        let when = match eval.time {
            EvalTime::Instant { at_ms } => When::Instant(Timestamp::from_ms(at_ms)),
            EvalTime::Range { start_ms, end_ms, step_ms } => When::Range(StepRange {
                start: Timestamp::from_ms(start_ms),
                end: Timestamp::from_ms(end_ms),
                step: Duration::from_millis(u64::try_from(step_ms).unwrap()),
            }),
        };
        check(&eval.query, when, &self.store);
        &self.store
    }
}

#[test]
fn every_part_of_upstreams_queries_is_explained() {
    let Some(folder) = testkit::conformance_dir("promqltest", "promqltest") else { return };
    let mut explained = 0;
    for path in crate::promqltest::scripts(&folder) {
        let script = parse_script(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let evals = script.commands.iter().filter_map(|command| match &command.kind {
            CommandKind::Eval(eval) => Some(Eval::clone(eval)),
            CommandKind::Clear | CommandKind::Load(_) => None,
        });
        let evals: Vec<Eval> = evals.collect();
        let mut store = Explaining { store: MemoryQuerier::new(), evals, next: Cell::new(0) };
        run(&script, &Options::upstream(), &mut store).unwrap();
        assert_eq!(store.next.get(), store.evals.len());
        explained += store.evals.len();
    }
    assert!(explained > 2000, "{explained}");
}

//! What the runner notices: every kind of wrong expectation, and that all forms of an eval are run.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use super::*;
use expect_test::{Expect, expect};
use model::{
    Exemplar, LabelQuery, Labels, Matcher, MetricMetadata, QuerierError, SelectHints, Selection,
};
use promql::script::parse_script;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

const DATA: &str = "load 1m\n  a{i=\"1\"} 1 2 3\n  a{i=\"2\"} 4 5 6\n  \
    h {{count:3 sum:2 buckets:[1 2]}}x2\n\n";

fn failures(script: &str) -> Report {
    let script = parse_script(script).unwrap_or_else(|error| panic!("{}", error.render(script)));
    run(&script, &Options::upstream(), &mut MemoryQuerier::new()).unwrap()
}

/// The only failure of one eval.
fn check(eval: &str, expected: &Expect) {
    let report = failures(&format!("{DATA}{eval}"));
    assert_eq!((report.passed, report.failures.len()), (0, 1), "{eval}: {report:#?}");
    let Failure { line, form, differences, .. } = &report.failures[0];
    assert_eq!(*line, 6, "{eval}");
    let mut text = form.as_ref().map_or_else(String::new, |form| format!("{form}\n"));
    for Difference { expected, found } in differences {
        writeln!(text, "- {expected}\n+ {found}").unwrap();
    }
    expected.assert_eq(&text);
}

#[test]
fn right_expectations_pass() {
    let evals = "\
eval instant at 2m a
  a{i=\"2\"} 6
  a{i=\"1\"} 3

eval instant at 2m sort_desc(a)
  expect ordered
  a{i=\"2\"} 6
  a{i=\"1\"} 3

eval instant at 1m 1 + 1
  expect no_warn
  2

eval instant at 1m \"x\"
  expect string \"x\"

eval range from 0 to 4m step 2m a{i=\"1\"}
  a{i=\"1\"} 1 3 3

eval instant at 2m a{i=\"1\"}[2m]
  expect range vector from 1m to 2m step 1m
  a{i=\"1\"} 2 3

eval instant at 2m h
  h {{sum:2.0000001 count:3 buckets:[1 2 0]}}

eval instant at 2m rate(a[2m])
  expect info regex: might not be a counter
  {i=\"1\"} 0.016666666
  {i=\"2\"} 0.016666667

eval instant at 2m a * on () a
  expect fail regex: found duplicate series

eval instant at 2m a[
  expect fail msg: unexpected end of input in duration expression
";
    assert_eq!(failures(&format!("{DATA}{evals}")), Report { passed: 10, failures: Vec::new() });
}

#[test]
fn wrong_vectors_are_told_series_by_series() {
    check(
        "eval instant at 2m a\n  a{i=\"1\"} 7\n  a{i=\"3\"} 1",
        &expect![[r#"
            - {__name__="a", i="1"} 7
            + {__name__="a", i="1"} 3
            - {__name__="a", i="3"} 1
            + no such series
            - no such series
            + {__name__="a", i="2"} 6
        "#]],
    );
    check(
        "eval instant at 2m sort(a)\n  expect ordered\n  a{i=\"2\"} 6\n  a{i=\"1\"} 3",
        &expect![[r#"
            - in this order: {__name__="a", i="2"}, {__name__="a", i="1"}
            + in this order: {__name__="a", i="1"}, {__name__="a", i="2"}
        "#]],
    );
    check(
        "eval instant at 2m h\n  h {{count:3 sum:2 counter_reset_hint:gauge buckets:[1 2]}}",
        &expect![[r#"
            - {__name__="h"} {{count:3 sum:2 counter_reset_hint:gauge buckets:[1 2]}}
            + {__name__="h"} {{count:3 sum:2 counter_reset_hint:not_reset buckets:[1 2]}}
        "#]],
    );
    check(
        "eval instant at 2m h\n  h {{count:3 sum:2 offset:1 buckets:[1 2]}}",
        &expect![[r#"
            - {__name__="h"} {{count:3 sum:2 offset:1 buckets:[1 2]}}
            + {__name__="h"} {{count:3 sum:2 counter_reset_hint:not_reset buckets:[1 2]}}
        "#]],
    );
}

#[test]
fn wrong_kinds_of_value_are_told() {
    check(
        "eval instant at 2m 3\n  4",
        &expect![[r#"
            - 4
            + 3
        "#]],
    );
    check(
        "eval instant at 2m 3\n  {} 3",
        &expect![[r#"
            - series
            + the scalar 3
        "#]],
    );
    check(
        "eval instant at 2m vector(3)\n  3",
        &expect![[r#"
            - a scalar
            + a vector: {} 3
        "#]],
    );
    check(
        "eval instant at 2m \"x\"\n  expect string \"y\"",
        &expect![[r#"
            - string "y"
            + "x"
        "#]],
    );
    check(
        "eval instant at 2m a[1m]\n  a 1",
        &expect![[r#"
            - series
            + a matrix: {__name__="a", i="1"}; {__name__="a", i="2"}
        "#]],
    );
}

#[test]
fn wrong_matrices_are_told_on_the_grid() {
    check(
        "eval range from 0 to 10m step 5m a{i=\"1\"}\n  a{i=\"1\"} 1 2 3",
        &expect![[r#"
            - {__name__="a", i="1"} 1 2 3
            + {__name__="a", i="1"} 1 3
        "#]],
    );
    check(
        "eval range from 0 to 1m step 1m a{i=\"1\"}\n  a{i=\"1\"} 1 2 3",
        &expect![[r#"
            - {__name__="a", i="1"} 1 2 3
            + a range of 2 steps
        "#]],
    );
    check(
        "eval instant at 2m a{i=\"1\"}[2m]\n  expect range vector from 90s to 2m step 30s\n  a{i=\"1\"} 2 3",
        &expect![[r#"
            - {__name__="a", i="1"} 2 3
            + {__name__="a", i="1"} _ _ 2 @[60] 3 @[120]
        "#]],
    );
}

#[test]
fn wrong_errors_and_annotations_are_told() {
    check(
        "eval instant at 2m a\n  expect fail",
        &expect![[r#"
            - error: any text
            + an answer
        "#]],
    );
    check(
        "eval instant at 2m a * on () a\n  expect fail msg: no",
        &expect![[r#"
            - error: no
            + error: found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="a", i="1"}, {__name__="a", i="2"}];many-to-many matching not allowed: matching labels must be unique on one side
        "#]],
    );
    check(
        "eval instant at 2m rate(a)",
        &expect![[r#"
            - an answer
            + error: 1:6: parse error: expected type range vector in call to function "rate", got instant vector; did you mean `rate(a[5m])`?
        "#]],
    );
    check(
        "eval instant at 2m sum(rate(a[2m]))\n  expect no_info\n  expect warn\n  {} 0.0333333333",
        &expect![[r#"
            - warning: any text
            + no warning
            - no info
            + PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "a" (1:10)
        "#]],
    );
}

#[test]
fn a_flood_of_differences_is_cut() {
    let series: Vec<String> = (0..40).map(|i| format!("  b{{i=\"{i}\"}} 1")).collect();
    let report = failures(&format!("eval instant at 0 b\n{}", series.join("\n")));
    let differences = &report.failures[0].differences;
    assert_eq!(differences.len(), 11);
    assert_eq!(differences[10].expected, "30 more");
}

/// Counts how often it is asked; its samples change when it was asked `lies_after` times.
struct Witness {
    store: MemoryQuerier,
    asked: AtomicUsize,
    lies_after: usize,
}

impl Store for Witness {
    fn clear(&mut self) -> Result<(), String> {
        self.store.clear();
        Ok(())
    }

    fn load(&mut self, samples: MemoryQuerier) -> Result<(), String> {
        if self.lies_after == 0 {
            return Err("the disk is full".into());
        }
        self.store.extend(samples);
        Ok(())
    }

    fn querier(&self) -> &dyn Querier {
        self
    }
}

impl Querier for Witness {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        let lies = self.asked.fetch_add(1, Ordering::Relaxed) >= self.lies_after;
        let nothing = MemoryQuerier::new();
        let store = if lies { &nothing } else { &self.store };
        store.select(start, end, matchers, hints)
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        self.store.label_names(query)
    }

    fn label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        self.store.label_values(name, query)
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        self.store.metadata(metric, limit)
    }

    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError> {
        self.store.exemplars(query)
    }
}

/// Selections that an eval makes, and the form that fails when the store lies after some of them.
fn forms(eval: &str, lies_after: usize) -> (usize, Option<String>) {
    let script = format!("load 1m\n  a 1 2 3\n\n{eval}");
    let script = parse_script(&script).unwrap();
    let asked = AtomicUsize::new(0);
    let mut store = Witness { store: MemoryQuerier::new(), asked, lies_after };
    let mut report = run(&script, &Options::upstream(), &mut store).unwrap();
    let form = report.failures.pop().map(|failure| failure.form.unwrap_or("plain".into()));
    (store.asked.into_inner(), form)
}

#[test]
fn every_instant_eval_is_run_in_all_forms() {
    let form = |eval: &str, lies_after| forms(eval, lies_after).1.unwrap();
    let plain = "eval instant at 1m a\n  a 2";
    // As written and with `@` at five instants, each as a range query, too.
    assert_eq!(forms(plain, usize::MAX), (12, None));
    assert_eq!(form(plain, 1), "as a range query around 1m");
    assert_eq!(form(plain, 2), "as `a @ 60.000` at -10m");
    assert_eq!(form(plain, 3), "as `a @ 60.000` in a range query around -10m");
    assert_eq!(form(plain, 11), "as `a @ 60.000` in a range query around 10m");
    // An eval at the epoch has three other instants.
    assert_eq!(forms("eval instant at 0 a\n  a 1", usize::MAX), (8, None));
    // The order of a range query is no other.
    assert_eq!(forms("eval instant at 1m a\n  expect ordered\n  a 2", usize::MAX), (12, None));
    // What depends on the time of evaluation cannot be pinned.
    assert_eq!(forms("eval instant at 1m timestamp(a)\n  {} 60", usize::MAX), (2, None));
    // A range vector is no vector, and `start()` is the start of whatever is asked.
    let range = "eval instant at 1m a[1m]\n  expect range vector from 1m to 1m step 1m\n  a 2";
    assert_eq!(forms(range, usize::MAX), (6, None));
    assert_eq!(forms("eval instant at 1m a + start()\n  {} 62", usize::MAX), (1, None));
    // `@ end()` is the instant of the eval, and another one in a range query.
    assert_eq!(forms("eval instant at 1m a @ end()\n  a 2", usize::MAX), (11, None));
    // What fails must fail at every instant.
    let fails = "eval instant at 1m a * on () group_left () label_replace(a, \"\", \"\", \"\", \"\")\n  expect fail";
    assert_eq!(forms(fails, usize::MAX), (6, None));
    assert_eq!(forms("eval range from 0 to 1m step 1m a\n  a 1 2", usize::MAX), (1, None));
}

#[test]
fn samples_that_cannot_be_stored_end_the_script() {
    let script = parse_script("clear\n\nload 1m\n  a 1\n").unwrap();
    let store = MemoryQuerier::new();
    let mut store = Witness { store, asked: AtomicUsize::new(0), lies_after: 0 };
    let error = run(&script, &Options::upstream(), &mut store).unwrap_err();
    assert_eq!(error.to_string(), "3: the disk is full");
    let mixed = "load 1m\n  b 1\n  a {{schema:-53 custom_values:[1]}}+{{count:1}}x2\n";
    let error = run(&parse_script(mixed).unwrap(), &Options::upstream(), &mut MemoryQuerier::new());
    assert_eq!(error.unwrap_err().to_string(), "3: cannot add exponential and custom buckets");
}

#[test]
fn of_two_lines_for_a_series_the_later_counts_whole() {
    let script = "load 1m\n  a 1 2 3\n  a 7\n\neval instant at 2m a\n  a 7\n\nclear\n\neval instant at 2m a\n";
    assert_eq!(failures(script), Report { passed: 2, failures: Vec::new() });
}

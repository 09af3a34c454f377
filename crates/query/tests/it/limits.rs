//! Hostile queries end with a clear error within their limits; cancellation and deadlines are heeded.

use crate::store::load;
use model::Timestamp;
use query::{Cancel, Engine, EngineOptions, QueryErrorKind, StepRange};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn instant(
    options: &EngineOptions,
    script: &str,
    query: &str,
    cancel: &Cancel,
) -> Result<(), (QueryErrorKind, String)> {
    let store = load(script);
    let expr = promql::parse(query).unwrap();
    let at = Timestamp::from_ms(3_600_000);
    let engine = Engine::new(options.clone());
    let output = engine.instant(&store, &expr, at, cancel);
    output.map(drop).map_err(|error| (error.kind(), error.to_string()))
}

fn fails(script: &str, query: &str, kind: QueryErrorKind) -> String {
    let found = instant(&EngineOptions::default(), script, query, &Cancel::new());
    let (found, text) = found.unwrap_err();
    assert_eq!(found, kind, "{query}: {text}");
    text
}

/// As many series of `a` and of `b`, an hour long.
fn many(count: usize) -> String {
    let pair = |i| format!("a{{i=\"{i}\"}} 1x60\nb{{j=\"{i}\"}} 1x60");
    (0..count).map(pair).collect::<Vec<_>>().join("\n")
}

const TOO_MANY_SAMPLES: &str =
    "query processing would load too many samples into memory in query execution";

#[test]
fn billions_of_steps_are_refused_before_memory_is_taken() {
    for query in [
        "sum_over_time(vector(1)[100y:1ms])",
        "max_over_time(rate(x[1m])[100y:1ms])",
        "quantile_over_time(0.5, (x > 1)[50y:1ms] @ 0)",
        "absent_over_time(x[1m:1ms] offset 1m) + on () sum_over_time(vector(time())[100y:1ms])",
    ] {
        let text = fails("x 1", query, QueryErrorKind::TooManySamples);
        let blamed = text.strip_prefix(TOO_MANY_SAMPLES).unwrap();
        // What follows upstream's sentence names the subquery that asks for too much.
        assert!(blamed.starts_with(": more than 50000000, at `"), "{text}");
        assert!(blamed.contains("_over_time("), "{text}");
    }
    let expr = promql::parse("x").unwrap();
    let steps =
        StepRange { start: Timestamp::MIN, end: Timestamp::MAX, step: Duration::from_millis(1) };
    let error = Engine::default().range(&load("x 1"), &expr, &steps, &Cancel::new()).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::TooManySamples);
}

#[test]
fn a_cross_join_is_held_to_the_sample_limit() {
    let many = many(200);
    let options = EngineOptions { samples_max: 10_000, ..EngineOptions::default() };
    let product = "a * on (x) group_left b";
    let (kind, text) = instant(&options, &many, product, &Cancel::new()).unwrap_err();
    assert_eq!(kind, QueryErrorKind::Execution);
    assert!(text.contains("many-to-many matching not allowed"), "{text}");
    let window = "sum(sum_over_time(a[1h])) + sum(sum_over_time(b[1h:1s]))";
    let (kind, text) = instant(&options, &many, window, &Cancel::new()).unwrap_err();
    assert_eq!(kind, QueryErrorKind::TooManySamples);
    assert_eq!(text, format!("{TOO_MANY_SAMPLES}: more than 10000, at `b` (1:47)"));
}

#[test]
fn labels_that_change_at_every_step_are_held_to_the_sample_limit() {
    let store = load("b{le=\"1\"} 1x60\nb{le=\"+Inf\"} 2x60");
    let options = EngineOptions { samples_max: 1_000_000, ..EngineOptions::default() };
    let query = "histogram_quantiles(b, \"q\", time() / 1e4)";
    let expr = promql::parse_with(query, &promql::ParserOptions::ALL).unwrap();
    // 3,000 quantiles make 3,000 series of 3,000 steps.
    let (start, end) = (Timestamp::from_ms(0), Timestamp::from_ms(2_999_000));
    let steps = StepRange { start, end, step: Duration::from_secs(1) };
    let output = Engine::new(options).range(&store, &expr, &steps, &Cancel::new());
    assert_eq!(output.unwrap_err().kind(), QueryErrorKind::TooManySamples);
}

#[test]
fn memory_of_finished_parts_is_given_back() {
    let many = many(50);
    let options = EngineOptions { samples_max: 250, ..EngineOptions::default() };
    let chain = vec!["sum(rate(a[10m]))"; 40].join(" + ");
    assert_eq!(instant(&options, &many, &chain, &Cancel::new()), Ok(()));
}

#[test]
fn too_many_series_name_the_selector() {
    let options = EngineOptions { series_max: 2, ..EngineOptions::default() };
    let found =
        instant(&options, "a{i=\"1\"} 1x60\na{i=\"2\"} 1x60\na{i=\"3\"} 1x60", "a", &Cancel::new());
    let (kind, text) = found.unwrap_err();
    assert_eq!(kind, QueryErrorKind::TooManySeries);
    assert_eq!(text, "query would read too many series: more than 2, at `a` (1:1)");
}

#[test]
fn a_cancelled_query_ends_at_once() {
    let cancel = Cancel::new();
    cancel.clone().cancel();
    let (kind, text) = instant(&EngineOptions::default(), "x 1x60", "x", &cancel).unwrap_err();
    assert_eq!(
        (kind, text.as_str()),
        (QueryErrorKind::Cancelled, "query was canceled in expression evaluation")
    );
}

#[test]
fn the_deadline_is_asked_every_few_thousand_samples() {
    let asked = AtomicUsize::new(0);
    let asked: &'static AtomicUsize = Box::leak(Box::new(asked));
    let cancel = Cancel::with_deadline(move || asked.fetch_add(1, Ordering::Relaxed) >= 20);
    let query = "sum_over_time(sum_over_time(x[1h:1s])[1h:1s])";
    let (kind, text) = instant(&EngineOptions::default(), "x 1x60", query, &cancel).unwrap_err();
    assert_eq!(kind, QueryErrorKind::Timeout);
    assert_eq!(text, "query timed out in expression evaluation");
    assert_eq!(asked.load(Ordering::Relaxed), 21, "the query stops at the first yes");
}

#[test]
fn the_deepest_expressions_that_parse_are_evaluated() {
    let nested = |depth: usize| format!("{}x{}", "abs(".repeat(depth), ")".repeat(depth));
    let minus = |depth: usize| format!("{}x", "-".repeat(depth));
    let chain = |depth: usize| vec!["x"; depth].join(" + ");
    let power = |depth: usize| vec!["x"; depth].join(" ^ ");
    let sums = |depth: usize| format!("{}x{}", "sum by (a) (".repeat(depth), ")".repeat(depth));
    let right = |depth: usize| format!("{}x{}", "(x + ".repeat(depth), ")".repeat(depth));
    let windows = |depth: usize| format!("{}x{}", "rate(".repeat(depth), "[2m:1m])".repeat(depth));
    let forms: [&dyn Fn(usize) -> String; 7] =
        [&nested, &minus, &chain, &power, &sums, &right, &windows];
    for deep in forms {
        let fits = |depth: &usize| promql::parse(&deep(*depth)).is_ok();
        let deepest = (1..=promql::HEIGHT_MAX + 1).rev().find(fits).unwrap();
        assert!(deepest >= 16, "{}", deep(deepest));
        let found = instant(&EngineOptions::default(), "x 1x60", &deep(deepest), &Cancel::new());
        assert_eq!(found, Ok(()), "depth {deepest}");
    }
}

/// Only the sample limit may stop it: a subquery covers all that lies between the windows, too.
fn ends(query: &str, output: Result<query::QueryOutput, query::QueryError>) {
    if let Err(error) = output {
        assert_eq!(error.kind(), QueryErrorKind::TooManySamples, "{query}: {error}");
    }
}

#[test]
fn instants_at_the_ends_of_time_do_not_overflow() {
    let store = load("x 1x60");
    for query in [
        "rate(x[100y])",
        "predict_linear(x[100y] @ 60, 1)",
        "predict_linear(x[100y] offset -100y, 1)",
        "sum_over_time(x[1m:1m] offset 200y)",
        "timestamp(x offset -200y)",
        "x smoothed",
        "hour() + year() + days_in_month()",
        "range()",
        "increase(x[1y] anchored @ end())",
        "info(x)",
        "absent_over_time(x[1y])",
    ] {
        let expr = promql::parse_with(query, &promql::ParserOptions::ALL).unwrap();
        for at in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
            let at = Timestamp::from_ms(at);
            let output = Engine::default().instant(&store, &expr, at, &Cancel::new());
            ends(query, output);
            let step = Duration::from_secs(u64::MAX / 2_000);
            let steps = StepRange { start: Timestamp::MIN, end: at, step };
            let output = Engine::default().range(&store, &expr, &steps, &Cancel::new());
            ends(query, output);
        }
    }
}

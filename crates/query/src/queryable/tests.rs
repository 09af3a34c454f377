//! Counts that upstream's `TestQueryStatistics` expects.

use crate::{Cancel, Engine, EngineOptions, MemoryQuerier, StepRange};
use model::{Labels, Timestamp, Value};
use std::time::Duration;

/// `one` has a sample every ten seconds, `three` has three series of that kind.
fn store() -> MemoryQuerier {
    let mut store = MemoryQuerier::new();
    let one = Labels::from_pairs([("__name__", "one")]);
    let three = ["1", "2", "3"].map(|a| Labels::from_pairs([("__name__", "three"), ("a", a)]));
    for second in (0..=1000).step_by(10) {
        for labels in [&one].into_iter().chain(&three) {
            store.push(labels, Timestamp::from_ms(second * 1000), Value::Float(second as f64));
        }
    }
    store
}

fn engine() -> Engine {
    Engine::new(EngineOptions { count_queryable: true, ..EngineOptions::default() })
}

/// At 201 seconds.
#[track_caller]
fn instant(query: &str, expected: u64) {
    let expr = promql::parse(query).unwrap();
    let at = Timestamp::from_ms(201_000);
    let output = engine().instant(&store(), &expr, at, &Cancel::new()).unwrap();
    assert_eq!(output.queryable, [expected], "{query}");
}

/// Every five seconds from 201 to 220.
#[track_caller]
fn range(query: &str, expected: [u64; 4]) {
    let expr = promql::parse(query).unwrap();
    let (start, end) = (Timestamp::from_ms(201_000), Timestamp::from_ms(220_000));
    let steps = StepRange { start, end, step: Duration::from_secs(5) };
    let output = engine().range(&store(), &expr, &steps, &Cancel::new()).unwrap();
    assert_eq!(output.queryable, expected, "{query}");
}

#[test]
fn at_an_instant() {
    instant("\"text\"", 0);
    instant("1", 0);
    instant("one", 1);
    instant("timestamp(one)", 1);
    instant("sum(three)", 3);
    instant("one offset 1h", 0);
    instant("one[60s]", 6);
    instant("max_over_time(one[60s])", 6);
    instant("rate(one[60s])", 6);
    instant("max_over_time(one[60s]) + max_over_time(one[60s])", 12);
    instant("max_over_time(three[60s] @ 30)", 12);
    instant("max_over_time(one[60s:5s])", 12);
    instant("max_over_time(one[60s])[20s:5s]", 24);
    instant("one[60s:5s]", 12);
}

#[test]
fn at_every_step() {
    range("1", [0; 4]);
    range("one", [1; 4]);
    range("timestamp(three)", [3; 4]);
    range("max_over_time(one[60s])", [6; 4]);
    range("sum(max_over_time(three[60s:5s]))", [36; 4]);
    range("max_over_time(three[60s] @ 30)", [12; 4]);
    range("one @ 30 + three", [4; 4]);
    range("max_over_time(one[1ms])", [0; 4]);
}

#[test]
fn nothing_is_counted_unless_asked() {
    let expr = promql::parse("one").unwrap();
    let at = Timestamp::from_ms(201_000);
    let output = Engine::default().instant(&store(), &expr, at, &Cancel::new()).unwrap();
    assert!(output.queryable.is_empty());
}

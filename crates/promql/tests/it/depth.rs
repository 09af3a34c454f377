//! Texts that nest or chain without end are refused; what is accepted fits a small stack.

use promql::{ErrorKind, HEIGHT_MAX, NESTING_MAX, ParserOptions, parse_with, pretty};
use std::fmt::Write;

/// Stack within which parsing, printing, walking and dropping must work without optimisation.
const STACK_BYTES: usize = 5 << 18;

/// What becomes of a text on a small stack: the length of its print, or the error.
fn outcome(text: String) -> Result<usize, ErrorKind> {
    let work = move || {
        let expr = parse_with(&text, &ParserOptions::ALL).map_err(|error| error.kind())?;
        let mut nodes = 0;
        expr.walk(&mut |_| nodes += 1);
        let copy = expr.clone();
        assert_eq!(copy, expr);
        let mut debug = String::new();
        write!(debug, "{:?}", expr.value_type()).unwrap();
        Ok(expr.to_string().len().max(pretty(&expr).len()).max(nodes))
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap().join().unwrap()
}

fn repeated(open: &str, inner: &str, close: &str, count: usize) -> String {
    format!("{}{inner}{}", open.repeat(count), close.repeat(count))
}

#[test]
fn the_deepest_accepted_texts_fit_a_small_stack() {
    let nested = NESTING_MAX - 1;
    for text in [
        repeated("(", "up", ")", nested),
        repeated("sum(", "up", ")", nested),
        repeated("abs(-", "up", ")", nested / 2),
        repeated("sum_over_time(", "up", "[5m:1m])", nested - 1),
        format!("{}up", "-".repeat(nested)),
        format!("{}1", "1^".repeat(nested)),
        format!("{}up", "up + ".repeat(HEIGHT_MAX - 1)),
        format!("{}up", "up or ".repeat(HEIGHT_MAX - 1)),
        format!("up[{}]", repeated("(", "5m", ")", nested / 2)),
        format!("up[5m{}]", "+5m".repeat(100)),
        format!("up offset {}", repeated("-(", "5m", ")", nested / 3)),
        repeated("(up + ", "up", ")", nested / 2),
    ] {
        let shown: String = text.chars().take(40).collect();
        assert!(outcome(text).is_ok(), "{shown}...");
    }
}

#[test]
fn deeper_texts_are_refused() {
    for text in [
        repeated("(", "up", ")", NESTING_MAX + 1),
        repeated("(", "up", ")", 100_000),
        repeated("sum(", "up", ")", 100_000),
        repeated("{", "", "}", 100_000),
        "(".repeat(1_000_000),
        format!("{}up", "-".repeat(100_000)),
        format!("{}1", "1^".repeat(100_000)),
        format!("{}up", "up + ".repeat(100_000)),
        format!("{}up", "up or ".repeat(HEIGHT_MAX)),
        format!("up{}", "[5m:]".repeat(100_000)),
        format!("up[{}]", repeated("(", "5m", ")", 100_000)),
        format!("up[5m{}]", "+5m".repeat(100_000)),
        format!("up[{}5m]", "-".repeat(100_000)),
        format!("up offset {}5m", "-".repeat(100_000)),
        format!("up[{}5m{}]", "min_of(".repeat(1000), ",5m)".repeat(1000)),
    ] {
        let shown: String = text.chars().take(40).collect();
        let kind = outcome(text).expect_err(&shown);
        assert!(matches!(kind, ErrorKind::Limit | ErrorKind::Syntax | ErrorKind::Meaning));
    }
}

#[test]
fn long_flat_texts_are_no_trouble() {
    let args = vec!["\"x\""; 10_000].join(",");
    let matchers = vec!["a!=\"b\""; 10_000].join(",");
    let labels = vec!["a"; 10_000].join(",");
    assert!(outcome(format!("label_join(up, \"a\", \"b\", {args})")).is_ok());
    assert!(outcome(format!("up{{{matchers}}}")).is_ok());
    assert!(outcome(format!("sum by ({labels}) (up)")).is_ok());
    assert!(outcome(format!("up{}", " ".repeat(1_000_000))).is_ok());
    assert!(outcome(format!("up#{}", "x".repeat(1_000_000))).is_ok());
}

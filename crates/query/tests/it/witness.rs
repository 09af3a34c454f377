//! Debian's promtool as a witness: it evaluates the same queries over the same samples and must get
//! the same bits. Its version (2.42) closes windows on the left, so no sample lies on an edge, and it
//! extrapolates counters to zero in another order across gaps, so counters have none.

use crate::store::Random;
use model::{Labels, Timestamp, Value};
use query::{Cancel, Engine, MemoryQuerier, QueryValue};
use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

const QUERIES: &[&str] = &[
    "x_total",
    "x_total offset 1m",
    "x_total @ 301",
    "rate(x_total[1m])",
    "rate(x_total[5m])",
    "increase(x_total[3m] offset 45s)",
    "delta(g[2m])",
    "irate(x_total[1m])",
    "idelta(g[1m])",
    "resets(x_total[5m])",
    "changes(g[5m])",
    "count_over_time(g[5m])",
    "last_over_time(g[5m])",
    "min_over_time(g[5m])",
    "max_over_time(g[5m])",
    "present_over_time(g[1m])",
    "quantile_over_time(0.3, g[5m])",
    "max_over_time(rate(x_total[58s])[4m:20s])",
    "min_over_time(g[4m:5s] offset 11s)",
    "max by (job) (rate(x_total[2m]))",
    "min without (instance) (g)",
    "count by (job) (g > 0)",
    "group by (instance) (g)",
    "quantile by (job) (0.7, g)",
    "topk(2, x_total)",
    "bottomk by (job) (1, g)",
    "count_values by (job) (\"n\", resets(x_total[5m]))",
    "x_total + on (job, instance) g",
    "x_total / ignoring(job) group_left max by (instance) (g)",
    "g > 100",
    "g > bool 100",
    "100 < g",
    "x_total and g > 0",
    "g < 0 or x_total",
    "g unless g < 100",
    "-g",
    "g % 7",
    "clamp(g, -10, 10)",
    "round(g, 5)",
    "abs(floor(g)) - ceil(g)",
    "sgn(g)",
    "timestamp(x_total)",
    "time() - 5",
    "hour(x_total) + minute(x_total)",
    "day_of_year(x_total * 1000) + days_in_month(x_total * 100000)",
    "label_replace(g, \"x\", \"$1-$2\", \"instance\", \"(.)(.*)\")",
    "label_join(g, \"x\", \"-\", \"job\", \"instance\")",
    "absent(nothing{a=\"b\", c=~\"d\"})",
    "absent_over_time(nothing{a=\"b\"}[1m])",
    "scalar(max(g)) + vector(1)",
    "histogram_quantile(0.8, b_bucket)",
    "histogram_quantile(0.37, rate(b_bucket[5m]))",
    "x_total == x_total",
    "g * 2 ^ 3 ^ 0.5 - 1",
];

/// Series in the notation that both read.
fn series(random: &mut Random) -> Vec<String> {
    let mut out = Vec::new();
    for (job, instance) in [("a", "11"), ("a", "12"), ("b", "11")] {
        for name in ["x_total", "g"] {
            let mut line = format!("{name}{{instance=\"{instance}\", job=\"{job}\"}}");
            let mut value = 1_000_000.0;
            for _ in 0..80 {
                let gauge = random.below(100_000) as f64 / 64.0 - 700.0;
                value += random.below(1_000) as f64 / 8.0;
                match random.below(30) {
                    0 if name == "g" => line.push_str(" _"),
                    1 if name == "g" => line.push_str(" stale"),
                    2 if name == "x_total" => {
                        // Ties of `topk` fall as the store orders its series: avoid them.
                        value = 900_000.0 + random.below(100_000) as f64 / 4.0;
                        write!(line, " {value}").unwrap();
                    }
                    _ => write!(line, " {}", if name == "g" { gauge } else { value }).unwrap(),
                }
            }
            out.push(line);
        }
    }
    for (factor, bound) in [(1, "0.5"), (3, "1"), (4, "2.5"), (5, "+Inf")] {
        let mut count = 1_000_000 * factor;
        let mut line = format!("b_bucket{{le=\"{bound}\"}}");
        for _ in 0..80 {
            count += factor * (1 + random.below(1) + 3);
            write!(line, " {count}").unwrap();
        }
        out.push(line);
    }
    out
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A unit test of promtool that expects what the engine answers; how many queries it holds.
fn unit_test(seed: u64) -> (String, usize) {
    let mut random = Random(seed);
    let lines = series(&mut random);
    let mut store = MemoryQuerier::new();
    let interval = Duration::from_secs(15);
    for line in &lines {
        let series = promql::parse_series(line).unwrap();
        store.load(&series, Timestamp::from_ms(0), interval).unwrap();
    }
    // Samples are loaded up to the last evaluation: it must not lie before the query.
    let mut test = "rule_files: []\nevaluation_interval: 1s\ntests:\n- interval: 15s\n".to_owned();
    test.push_str("  input_series:\n");
    for line in &lines {
        let (name, values) = line.split_once("} ").unwrap();
        let name = quoted(&format!("{name}}}"));
        writeln!(test, "  - series: {name}\n    values: {}", quoted(values)).unwrap();
    }
    test.push_str("  promql_expr_test:\n");
    let mut asked = 0;
    for query in QUERIES {
        // Seconds that are no multiple of 15 away from any window edge.
        let at = 360 + 15 * i64::try_from(random.below(50)).unwrap() + 4;
        let expr = promql::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let at_time = Timestamp::from_ms(at * 1000);
        let output = Engine::default().instant(&store, &expr, at_time, &Cancel::new());
        let samples: Vec<(Labels, f64)> = match output.unwrap().value {
            QueryValue::Vector(samples) => {
                samples.into_iter().map(|sample| (sample.labels, float(&sample.value))).collect()
            }
            QueryValue::Scalar { value, .. } => vec![(Labels::empty(), value)],
            other => panic!("{query}: {other:?}"),
        };
        if samples.iter().any(|(_, value)| !value.is_finite()) {
            continue;
        }
        asked += 1;
        writeln!(test, "  - expr: {}\n    eval_time: {at}s\n    exp_samples:", quoted(query))
            .unwrap();
        for (labels, value) in samples {
            let labels = quoted(&labels.to_string());
            writeln!(test, "    - labels: {labels}\n      value: {value:?}").unwrap();
        }
    }
    (test, asked)
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Float(value) => *value,
        Value::Histogram(_) => panic!("no histograms were stored"),
    }
}

#[test]
fn promtool_gets_the_same_bits() {
    let Some(promtool) = testkit::find_program("promtool") else {
        testkit::skip("promtool", "no promtool on the path");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut asked = 0;
    for seed in 0..8 {
        let (test, queries) = unit_test(seed);
        asked += queries;
        let path = folder.path().join(format!("seed-{seed}.yml"));
        std::fs::write(&path, test).unwrap();
        let run = Command::new(&promtool).args(["test", "rules"]).arg(&path).output().unwrap();
        assert!(
            run.status.success(),
            "seed {seed}:\n{}{}",
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&run.stderr)
        );
    }
    assert!(asked > 7 * QUERIES.len(), "only {asked} queries were asked");
}

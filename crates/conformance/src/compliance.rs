//! The queries of the PromQL compliance tester, and a service like the one it asks about.
//! Source of the variables and their values: prometheus/compliance, `promql/testcases/expand.go`.

use crate::dataset::Sample;
use model::{Labels, Value};
use sys::sim::SimRng;

/// A query of the tester.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// PromQL.
    pub query: String,
    /// Both sides must refuse it.
    pub should_fail: bool,
    /// Only its success is compared.
    pub skip_comparison: bool,
}

/// Distance of the scrapes of the service.
const SCRAPE_MS: i64 = 5_000;

fn values(variable: &str) -> Option<&'static [&'static str]> {
    Some(match variable {
        "range" => &["1s", "15s", "1m", "5m", "15m", "1h"],
        "offset" => &["1m", "5m", "10m"],
        "simpleAggrOp" => &["sum", "avg", "max", "min", "count", "stddev", "stdvar"],
        "simpleTimeAggrOp" => {
            &["sum", "avg", "max", "min", "count", "stddev", "stdvar", "absent", "last"]
        }
        "topBottomOp" => &["topk", "bottomk"],
        "quantile" => &["-0.5", "0.1", "0.5", "0.75", "0.95", "0.90", "0.99", "1", "1.5"],
        "arithBinOp" => &["+", "-", "*", "/", "%", "^"],
        "compBinOp" => &["==", "!=", "<", ">", "<=", ">="],
        "binOp" => &["+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="],
        "simpleMathFunc" => {
            &["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "round"]
        }
        "extrapolatedRateFunc" => &["delta", "rate", "increase"],
        "clampFunc" => &["clamp_min", "clamp_max"],
        "instantRateFunc" => &["idelta", "irate"],
        "dateFunc" => {
            &["day_of_month", "day_of_week", "days_in_month", "hour", "minute", "month", "year"]
        }
        "smoothingFactor" | "trendFactor" => &["0.1", "0.5", "0.8"],
        _ => return None,
    })
}

/// All queries of the tester's file, every template with all values of its variables.
///
/// Reads the few forms of YAML that the file uses; fails on others with the line.
pub fn expand(file: &str) -> Result<Vec<TestCase>, String> {
    let mut cases: Vec<TestCase> = Vec::new();
    let mut variables: Vec<Vec<String>> = Vec::new();
    let lines = file.lines().enumerate().skip_while(|(_, line)| *line != "test_cases:").skip(1);
    for (number, line) in lines {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (begins, text) = match text.strip_prefix('-') {
            Some(rest) if line.starts_with("  -") => (true, rest.trim()),
            _ => (false, text),
        };
        if begins {
            cases.push(TestCase {
                query: String::new(),
                should_fail: false,
                skip_comparison: false,
            });
            variables.push(Vec::new());
        }
        let (Some(case), Some(variables)) = (cases.last_mut(), variables.last_mut()) else {
            return Err(format!("line {}: expected `- query`", number + 1));
        };
        match text.split_once(':') {
            None if text.is_empty() => {}
            _ if text.starts_with('#') => {}
            Some(("query", value)) => case.query = unquoted(value.trim()),
            Some(("should_fail", value)) => case.should_fail = value.trim() == "true",
            Some(("skip_comparison", value)) => case.skip_comparison = value.trim() == "true",
            Some(("variant_args", value)) => {
                let list = value.trim().trim_start_matches('[').trim_end_matches(']');
                *variables = list.split(',').map(|word| unquoted(word.trim())).collect();
            }
            _ => return Err(format!("line {}: `{text}` is not understood", number + 1)),
        }
    }
    let mut out = Vec::new();
    for (case, variables) in cases.into_iter().zip(variables) {
        let mut queries = vec![case.query.clone()];
        for variable in variables {
            let values = values(&variable);
            let values = values.ok_or_else(|| format!("unknown variable `{variable}`"))?;
            let place = format!("{{{{.{variable}}}}}");
            let filled = |query: &String| {
                let place = place.clone();
                let query = query.clone();
                values.iter().map(move |value| query.replace(&place, value))
            };
            queries = queries.iter().flat_map(filled).collect();
        }
        out.extend(queries.into_iter().map(|query| TestCase { query, ..case.clone() }));
    }
    Ok(out)
}

fn unquoted(text: &str) -> String {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    text.to_owned()
}

/// Samples of three instances of a demonstration service, scraped every five seconds between two
/// instants (ms), each instance at a time of its own and never at a whole second.
pub fn service(seed: u64, start_ms: i64, end_ms: i64) -> Vec<Sample> {
    let mut random = SimRng::new(seed);
    let mut samples = Vec::new();
    let mut instances: Vec<Instance> = (0..3).map(Instance::new).collect();
    let mut at = start_ms;
    while at < end_ms {
        for (index, instance) in (0..).zip(&mut instances) {
            instance.scrape(&mut random, at + 700 + 1_400 * index, &mut samples);
        }
        at += SCRAPE_MS;
    }
    samples
}

/// What one instance has counted.
struct Instance {
    name: String,
    cpu: [f64; 3],
    requests: [[f64; 6]; 4],
    disk: f64,
    last_batch_ms: i64,
}

const BOUNDS: [&str; 6] = ["0.01", "0.05", "0.1", "0.5", "1", "+Inf"];
const ROUTES: [(&str, &str, &str); 4] = [
    ("GET", "/api/foo", "200"),
    ("GET", "/api/foo", "500"),
    ("POST", "/api/bar", "200"),
    ("POST", "/api/bar", "404"),
];

impl Instance {
    fn new(number: u32) -> Self {
        let name = format!("demo.promlabs.com:{}", 10_000 + number);
        let disk = 5e9 * f64::from(number + 1);
        Self { name, cpu: [1e4; 3], requests: [[100.0; 6]; 4], disk, last_batch_ms: 0 }
    }

    fn scrape(&mut self, random: &mut SimRng, at_ms: i64, out: &mut Vec<Sample>) {
        let mut add = |name: &str, extra: &[(&str, &str)], value: f64| {
            let pairs = [("__name__", name), ("instance", &self.name), ("job", "demo")];
            let labels = Labels::from_pairs(pairs.into_iter().chain(extra.iter().copied()));
            out.push(Sample { labels, at_ms, value: Value::Float(value) });
        };
        let mut below = |bound: u64| random.below(bound) as f64;
        for (kind, size) in [("free", 1e9), ("used", 4e9), ("cached", 2e9), ("buffers", 5e8)] {
            let value = size + below(100_000_000);
            add("demo_memory_usage_bytes", &[("type", kind)], value);
        }
        add("demo_num_cpus", &[], 4.0);
        for (mode, seconds) in ["idle", "user", "system"].into_iter().zip(&mut self.cpu) {
            *seconds += below(5_000) / 1000.0;
            add("demo_cpu_usage_seconds_total", &[("mode", mode)], *seconds);
        }
        self.disk += below(1_000_000) - 300_000.0;
        add("demo_disk_usage_bytes", &[], self.disk);
        add("demo_disk_total_bytes", &[], 1e11);
        if at_ms / 60_000 > self.last_batch_ms / 60_000 {
            self.last_batch_ms = at_ms;
        }
        let last_batch = self.last_batch_ms as f64 / 1000.0;
        add("demo_batch_last_success_timestamp_seconds", &[], last_batch);
        if at_ms / 60_000 % 3 != 0 {
            let gone = at_ms / SCRAPE_MS % 12 == 11;
            let value = if gone { model::stale_marker() } else { 1.0 };
            add("demo_intermittent_metric", &[], value);
        }
        for ((method, path, status), counts) in ROUTES.into_iter().zip(&mut self.requests) {
            let mut route = vec![("method", method), ("path", path), ("status", status)];
            for count in counts.iter_mut() {
                *count += below(4);
            }
            let mut total = 0.0;
            for (bound, count) in BOUNDS.into_iter().zip(counts.iter()) {
                total += count;
                route.push(("le", bound));
                add("demo_api_request_duration_seconds_bucket", &route, total);
                route.pop();
            }
            add("demo_api_request_duration_seconds_count", &route, total);
            add("demo_api_request_duration_seconds_sum", &route, total * 0.07);
        }
    }
}

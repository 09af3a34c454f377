//! A real Prometheus as a model: the same requests, the same keys and types in the answers, the
//! same sentences for bad parameters. Differences are golden: each has its reason beside it.
//!
//! The witness is Debian's 2.42; what Prometheus 3.14 does differently from it is expected here.

use crate::support::{Running, read_all};
use expect_test::expect;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use testkit::{DEADLINE, Peer, find_program, free_port, skip, wait_for};

/// Objects whose keys are data: they are compared as one key.
const FREE_KEYS: [&str; 7] =
    ["metric", "labels", "annotations", "discoveredLabels", "target", "seriesLabels", "metadata"];

struct Model {
    _peer: Peer,
    _dir: tempfile::TempDir,
    address: String,
}

impl Model {
    /// A Prometheus that scrapes itself and has a pending alert; `None` when it is not installed.
    fn start(suite: &str) -> Option<Self> {
        let Some(program) = find_program("prometheus") else {
            skip(suite, "prometheus is not installed");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
             rule_files: [rules.yml]\n\
             scrape_configs:\n\
             - job_name: self\n  static_configs: [{{targets: ['{address}', 'drop:1']}}]\n  \
               relabel_configs: \
               [{{source_labels: [__address__], regex: 'drop:1', action: drop}}]\n"
        );
        let rules = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: vector(1), for: 1h, \
                     labels: {severity: page}, annotations: {summary: s}}\n  \
                     - {record: r, expr: vector(1)}\n";
        std::fs::write(dir.path().join("prometheus.yml"), config).unwrap();
        std::fs::write(dir.path().join("rules.yml"), rules).unwrap();
        let mut command = Command::new(program);
        command
            .current_dir(dir.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address={address}"));
        let peer = Peer::start(&mut command, &dir.path().join("log")).unwrap();
        let model = Self { _peer: peer, _dir: dir, address };
        wait_for("Prometheus' first samples and alert", || {
            let has = |path: &str, text: &str| {
                let answer = get(&model.address, path);
                answer.is_ok_and(|(_, body)| body.contains(text))
            };
            (has("/api/v1/query?query=up", "\"job\"") && has("/api/v1/alerts", "severity"))
                .then_some(())
        });
        Some(model)
    }
}

fn get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    // HTTP/1.0: no chunks.
    write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n")?;
    let answer = read_all(&mut stream);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Ok((status, body.to_owned()))
}

/// Paths of all values with their types: `data.result[].metric.*: string`.
fn collect(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(items) => {
            for item in items {
                collect(item, &format!("{path}[]"), into);
            }
            "array"
        }
        Value::Object(fields) => {
            let last = path.rsplit('.').next().unwrap_or_default();
            let free = FREE_KEYS.contains(&last);
            for (key, value) in fields {
                let key = if free { "*" } else { key };
                collect(value, &format!("{path}.{key}"), into);
            }
            "object"
        }
    };
    into.insert(format!("{path}: {kind}"));
}

fn shape(status: u16, body: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::from([format!("status {status}")]);
    match serde_json::from_str(body) {
        Ok(value) => collect(&value, "", &mut paths),
        Err(_) => drop(paths.insert(format!("text {}", body.trim_end()))),
    }
    paths
}

/// Long sentences are broken at a space.
fn write_line(out: &mut String, sign: char, line: &str) {
    const WIDTH: usize = 80;
    let at = line.char_indices().nth(WIDTH).and_then(|(end, _)| line[..end].rfind(' '));
    match at {
        Some(at) => writeln!(out, "  {sign} {}\n    {}", &line[..at], &line[at + 1..]).unwrap(),
        None => writeln!(out, "  {sign} {line}").unwrap(),
    }
}

/// Lines `+` (only ours) and `-` (only theirs) for each request that differs.
fn differences(
    model: &Model,
    requests: &[&str],
    view: fn(u16, &str) -> BTreeSet<String>,
) -> String {
    let running = Running::new();
    let ours = running.address.to_string();
    let mut out = String::new();
    for path in requests {
        let (status, body) = get(&model.address, path).unwrap();
        let theirs = view(status, &body);
        let (status, body) = get(&ours, path).unwrap();
        let ours = view(status, &body);
        if ours == theirs {
            continue;
        }
        writeln!(out, "{path}").unwrap();
        theirs.difference(&ours).for_each(|line| write_line(&mut out, '-', line));
        ours.difference(&theirs).for_each(|line| write_line(&mut out, '+', line));
    }
    out
}

const GOOD: [&str; 32] = [
    "/api/v1/query?query=up",
    "/api/v1/query?query=1",
    "/api/v1/query?query=%22text%22",
    "/api/v1/query?query=up[1m]",
    "/api/v1/query?query=absent_metric",
    "/api/v1/query?query=up&stats=all",
    "/api/v1/query_range?query=vector(1)&start=0&end=1.5&step=0.5",
    "/api/v1/query_range?query=absent_metric&start=0&end=1&step=1",
    "/api/v1/query_range?query=1&start=0&end=1&step=1",
    "/api/v1/query_exemplars?query=absent_metric",
    "/api/v1/query_exemplars?query=1",
    "/api/v1/format_query?query=sum(up)by(job)",
    "/api/v1/series?match[]=up",
    "/api/v1/series?match[]=absent_metric",
    "/api/v1/labels",
    "/api/v1/label/job/values",
    "/api/v1/label/absent/values",
    "/api/v1/metadata?metric=up",
    "/api/v1/metadata?limit=0",
    "/api/v1/targets",
    "/api/v1/targets?state=active",
    "/api/v1/targets?state=dropped",
    "/api/v1/scrape_pools",
    "/api/v1/rules",
    "/api/v1/rules?type=alert",
    "/api/v1/alerts",
    "/api/v1/alertmanagers",
    "/api/v1/status/config",
    "/api/v1/status/runtimeinfo",
    "/api/v1/status/buildinfo",
    "/api/v1/status/tsdb",
    "/api/v1/status/walreplay",
];

#[test]
fn answers_have_prometheus_shapes() {
    let Some(model) = Model::start("shapes of a real Prometheus") else { return };
    // stats=all: figures per step are behind a flag there. metadata: the model's `up` has none,
    // ours has. targets: counts and pools of dropped targets came in 2.45. rules: one of our rules
    // failed. runtimeinfo: three fields of 3.x. buildinfo: our own fields.
    expect![[r#"
        /api/v1/query?query=up&stats=all
          + .data.stats.samples.totalQueryableSamplesPerStep: array
          + .data.stats.samples.totalQueryableSamplesPerStep[]: array
          + .data.stats.samples.totalQueryableSamplesPerStep[][]: number
        /api/v1/metadata?metric=up
          + .data.up: array
          + .data.up[].help: string
          + .data.up[].type: string
          + .data.up[].unit: string
          + .data.up[]: object
        /api/v1/targets
          + .data.droppedTargetCounts.node: number
          + .data.droppedTargetCounts: object
          + .data.droppedTargets[].scrapePool: string
        /api/v1/targets?state=active
          + .data.droppedTargetCounts: null
        /api/v1/targets?state=dropped
          + .data.droppedTargetCounts.node: number
          + .data.droppedTargetCounts: object
          + .data.droppedTargets[].scrapePool: string
        /api/v1/rules
          + .data.groups[].rules[].lastError: string
        /api/v1/alertmanagers
          + .data.activeAlertmanagers[].url: string
          + .data.activeAlertmanagers[]: object
          + .data.droppedAlertmanagers[].url: string
          + .data.droppedAlertmanagers[]: object
        /api/v1/status/runtimeinfo
          + .data.GOMEMLIMIT: number
          + .data.hostname: string
          + .data.serverTime: string
        /api/v1/status/buildinfo
          + .data.application: string
          + .data.flyballVersion: string
    "#]]
    .assert_eq(&differences(&model, &GOOD, shape));
}

/// Status, type and sentence.
fn sentence(status: u16, body: &str) -> BTreeSet<String> {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let shown = match value {
        Value::Object(_) => format!("{status} {}: {}", field("errorType"), field("error")),
        _ => format!("{status} {}", body.trim_end()),
    };
    BTreeSet::from([shown])
}

const BAD: [&str; 38] = [
    "/api/v1/query",
    "/api/v1/query?query=up{",
    "/api/v1/query?query=sum(",
    "/api/v1/query?query=rate(up)",
    "/api/v1/query?query=up%20offset",
    "/api/v1/query?query=1&time=soon",
    "/api/v1/query?query=1&timeout=abc",
    "/api/v1/query?query=1&lookback_delta=abc",
    "/api/v1/query_range?query=1&end=2&step=1",
    "/api/v1/query_range?query=1&start=1&step=1",
    "/api/v1/query_range?query=1&start=2&end=1&step=1",
    "/api/v1/query_range?query=1&start=1&end=2",
    "/api/v1/query_range?query=1&start=1&end=2&step=0",
    "/api/v1/query_range?query=1&start=1&end=2&step=-1",
    "/api/v1/query_range?query=1&start=1&end=2&step=x",
    "/api/v1/query_range?query=1&start=1&end=2&step=1e30",
    "/api/v1/query_range?query=1&start=0&end=11001&step=1",
    "/api/v1/query_range?query=up[5m]&start=0&end=1&step=1",
    "/api/v1/query_range?query=sum(&start=0&end=1&step=1",
    "/api/v1/query_exemplars?query=sum(",
    "/api/v1/query_exemplars?query=up&start=2&end=1",
    "/api/v1/query_exemplars?query=up&start=x",
    "/api/v1/format_query?query=sum(",
    "/api/v1/series",
    "/api/v1/series?match[]={}",
    "/api/v1/series?match[]=up{",
    "/api/v1/series?match[]=up&start=x",
    "/api/v1/series?match[]={job=~%22.*%22}",
    "/api/v1/labels?match[]={}",
    "/api/v1/labels?end=x",
    "/api/v1/label/job/values?match[]=(",
    "/api/v1/metadata?limit=x",
    "/api/v1/targets/metadata?limit=x",
    "/api/v1/targets/metadata?metric=absent",
    "/api/v1/targets/metadata?match_target={",
    "/api/v1/rules?type=x",
    "/api/v1/admin/tsdb/snapshot",
    "/-/reload",
];

#[test]
fn bad_parameters_get_prometheus_sentences() {
    let Some(model) = Model::start("sentences of a real Prometheus") else { return };
    // offset: 3.x takes numbers and duration expressions there. times: lower case since 3.0.
    // lookback_delta: 2.42 reads it only later. query_range: 3.x names the parameter `query` as
    // `query` does. The last two: a switch that is off is told before a method that is wrong.
    expect![[r#"
        /api/v1/query?query=up%20offset
          - 400 bad_data: invalid parameter "query": 1:10: parse error: unexpected end of
            input in offset, expected duration
          + 400 bad_data: invalid parameter "query": 1:10: parse error: unexpected end of
            input in offset, expected number, duration, step(), or range()
        /api/v1/query?query=1&time=soon
          - 400 bad_data: invalid parameter "time": Invalid time value for 'time': cannot
            parse "soon" to a valid timestamp
          + 400 bad_data: invalid parameter "time": invalid time value for 'time': cannot
            parse "soon" to a valid timestamp
        /api/v1/query?query=1&lookback_delta=abc
          - 200 : 
          + 400 bad_data: error parsing lookback delta duration: cannot parse "abc" to a
            valid duration
        /api/v1/query_range?query=up[5m]&start=0&end=1&step=1
          - 400 bad_data: invalid expression type "range vector" for range query, must be
            Scalar or instant Vector
          + 400 bad_data: invalid parameter "query": invalid expression type "range vector"
            for range query, must be Scalar or instant Vector
        /api/v1/query_range?query=sum(&start=0&end=1&step=1
          - 400 bad_data: 1:5: parse error: unclosed left parenthesis
          + 400 bad_data: invalid parameter "query": 1:5: parse error: unclosed left
            parenthesis
        /api/v1/query_exemplars?query=up&start=x
          - 400 bad_data: invalid parameter "start": Invalid time value for 'start': cannot
            parse "x" to a valid timestamp
          + 400 bad_data: invalid parameter "start": invalid time value for 'start': cannot
            parse "x" to a valid timestamp
        /api/v1/series?match[]=up&start=x
          - 400 bad_data: invalid parameter "start": Invalid time value for 'start': cannot
            parse "x" to a valid timestamp
          + 400 bad_data: invalid parameter "start": invalid time value for 'start': cannot
            parse "x" to a valid timestamp
        /api/v1/labels?end=x
          - 400 bad_data: invalid parameter "end": Invalid time value for 'end': cannot
            parse "x" to a valid timestamp
          + 400 bad_data: invalid parameter "end": invalid time value for 'end': cannot
            parse "x" to a valid timestamp
        /api/v1/admin/tsdb/snapshot
          - 405 Method Not Allowed
          + 503 unavailable: admin APIs disabled
        /-/reload
          - 405 Only POST or PUT requests allowed
          + 403 Lifecycle API is not enabled.
    "#]]
    .assert_eq(&differences(&model, &BAD, sentence));
}

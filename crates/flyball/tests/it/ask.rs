//! `flyball query` against a running server, compared with Debian's promtool where it is installed.

use crate::server::{Server, run};
use expect_test::expect;
use std::fs;
use std::path::Path;
use std::process::Command;
use testkit::http::Site;
use testkit::{find_program, skip};

const METRICS: &str = "\
# TYPE big gauge
big 1e30
# TYPE less gauge
less{path=\"a<b\"} -0.5
# TYPE lat_seconds histogram
lat_seconds_bucket{le=\"1\"} 1
lat_seconds_bucket{le=\"+Inf\"} 2
lat_seconds_sum 3
lat_seconds_count 2
odd NaN
most +Inf
";

/// A server that scrapes one target without pause and nothing else.
fn server(target: &Site) -> Server {
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    let address = target.address();
    let config = format!(
        "global: {{scrape_interval: 100ms, scrape_timeout: 100ms}}\nscrape_configs:\n\
         - job_name: shop\n  static_configs: [{{targets: ['{address}']}}]\n"
    );
    server.write("prometheus.yml", &config);
    server.run();
    server.wait_for_query("count_over_time(big[1m]) > 3", |found| found.len() == 1);
    server
}

/// Instant of the newest sample, in seconds; everything before it does not change any more.
fn settled(server: &Server) -> f64 {
    server.query("timestamp(big)")[0].1
}

fn questions(url: &str, end: f64) -> Vec<Vec<String>> {
    let start = end - 1.0;
    let instants = [
        "big",
        "less",
        "odd",
        "most",
        "up",
        "nope",
        "1/0",
        "vector(1)",
        "rate(up)",
        "up{",
        "{__name__=~'lat.*'}",
        "count(up) by (job)",
        "timestamp(up)",
    ];
    let ranges = ["up", "{job='shop'}", "nope", "big * 2", "1", "sum(up)"];
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut all = Vec::new();
    for format in ["promql", "json"] {
        for expr in instants {
            let time = format!("--time={end}");
            all.push(words(&["query", "instant", "-o", format, url, expr, &time]));
        }
        for expr in ranges {
            let (start, end) = (format!("--start={start}"), format!("--end={end}"));
            let words = words(&["query", "range", "-o", format, url, expr, &start, &end]);
            all.push(words.clone());
            all.push([words, vec!["--step=200ms".to_owned()]].concat());
        }
        for selector in ["up", "nope", "{job='shop'}", "{"] {
            let matcher = format!("--match={selector}");
            all.push(words(&["query", "series", "-o", format, url, &matcher]));
            all.push(words(&["query", "labels", "-o", format, url, "__name__", &matcher]));
        }
        all.push(words(&["query", "labels", "-o", format, url, "job"]));
        all.push(words(&["query", "labels", "-o", format, url, "nope"]));
    }
    all
}

#[test]
fn answers_are_printed_as_promtool_prints_them() {
    let Some(promtool) = find_program("promtool") else {
        return skip("query as promtool", "promtool is not installed");
    };
    let target = Site::start(|_| (200, METRICS.to_owned()));
    let server = server(&target);
    let url = format!("http://{}", server.address());
    for words in questions(&url, settled(&server)) {
        let theirs = Command::new(&promtool).args(&words).output().unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (code, out, err) = run(server.folder.path(), &words);
        assert_eq!(Some(code), theirs.status.code(), "{words:?}: {err}");
        assert_eq!(out, String::from_utf8(theirs.stdout).unwrap(), "{words:?}");
        assert_eq!(err.is_empty(), theirs.stderr.is_empty(), "{words:?}: {err}");
    }
}

#[test]
fn errors_of_the_server_and_of_the_way_there_are_told() {
    let target = Site::start(|_| (200, METRICS.to_owned()));
    let server = server(&target);
    let url = format!("http://{}", server.address());
    let said = |words: &[&str]| {
        let (code, out, err) = run(server.folder.path(), &[&["query"], words].concat());
        assert_eq!((code, out.as_str()), (1, ""), "{words:?}: {err}");
        err
    };
    let refused = said(&["instant", &url, "rate(up)"]);
    assert!(refused.starts_with("query error: bad_data: "), "{refused}");
    assert!(refused.contains("expected type range vector"), "{refused}");
    let caret = "\n  | rate(up)\n  |      ^^\ndid you mean `rate(up[5m])`?\n";
    assert!(refused.ends_with(caret), "{refused}");
    let selector = said(&["series", "--match=up", "--match=up{job=}", &url]);
    assert!(selector.ends_with("\n  | up{job=}\n  |        ^\n"), "{selector}");
    let astray = said(&["instant", &format!("{url}/prom"), "up"]);
    assert!(astray.contains("answers with status 404") && astray.contains("prefix"), "{astray}");
    let late = said(&["range", &url, "up", "--start=2", "--end=1"]);
    assert!(late.starts_with("start time is not before end time"), "{late}");
    let when = said(&["instant", &url, "up", "--time=yesterday"]);
    assert!(when.contains("cannot parse \"yesterday\", expected Unix seconds"), "{when}");
    let step = said(&["range", &url, "up", "--step=often"]);
    assert!(step.contains("expected a duration like 15s"), "{step}");
    let swapped = said(&["instant", "up", &url]);
    assert!(swapped.contains("the server comes first"), "{swapped}");
}

/// The columns of figures differ from run to run; the tree does not.
fn tree(out: &str) -> String {
    let column = out.lines().next().unwrap().find("QUERY").unwrap();
    let lines = out.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.chars().skip(column).collect::<String>() + "\n").collect()
}

#[test]
fn a_query_is_explained() {
    let target = Site::start(|_| (200, METRICS.to_owned()));
    let server = server(&target);
    let url = format!("http://{}", server.address());
    let explain =
        |words: &[&str]| run(server.folder.path(), &[&["query", "explain"], words].concat());
    let expr = "1 + sum by (le) (rate(lat_seconds_bucket[1m])) > -1";
    let (code, out, err) = explain(&[&url, expr, "--time=1767225600"]);
    assert_eq!((code, err.as_str()), (0, ""));
    expect![[r#"
        PLACE  VALUE           QUERY
        1:1    instant vector  >
                               │  each series on the left with a number
        1:1    instant vector  ├─ +
                               │  │  a number with each series on the right
        1:1    scalar          │  ├─ 1
        1:5    instant vector  │  └─ sum by (le)
                               │     │  one series per group of equal values of the labels (le)
        1:18   instant vector  │     └─ rate
                               │        │  windows of 1m: their ends and the resets, which are looked for once
        1:23   range vector    │        └─ lat_seconds_bucket[1m]
                               │              reads {__name__="lat_seconds_bucket"} from 2025-12-31T23:59:00.001Z to 2026-01-01T00:00:00Z
        1:50   scalar          └─ -1

        evaluated at 2026-01-01T00:00:00Z
    "#]].assert_eq(&out);

    let (code, out, err) = explain(&["--analyze", &url, expr]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.trim_start().starts_with("TOTAL"), "{out}");
    let tree = tree(&out);
    let way = "│        │  2 series by the ends of windows\n";
    assert!(tree.starts_with("QUERY\n>\n") && tree.contains(way), "{out}");
    assert!(tree.contains(": 2 series, "), "{out}");
    let last = out.lines().last().unwrap();
    assert!(
        last.starts_with("read 2 series with ") && last.contains("answered 2 series with 2 points"),
        "{out}"
    );

    // The server scrapes itself too, sooner or later.
    let target_up = "up{job!=\"flyball\"}";
    let (code, out, err) = explain(&["--analyze", "-o", "json", &url, target_up, "--start=-1m"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["nodes"][0]["reads"][0]["series"], 1, "{out}");
    assert_eq!(answer["nodes"][0]["steps"]["count"], 61, "{out}");
}

#[test]
fn what_cannot_be_explained_is_told() {
    let target = Site::start(|_| (200, METRICS.to_owned()));
    let server = server(&target);
    let url = format!("http://{}", server.address());
    let explain =
        |words: &[&str]| run(server.folder.path(), &[&["query", "explain"], words].concat());
    let (code, out, err) = explain(&[&url, "rate(up)"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("  |      ^^\n"), "{err}");
    let expr = "lat_seconds_bucket * on (job) lat_seconds_bucket";
    let (code, out, err) = explain(&["--analyze", &url, expr]);
    assert_eq!(code, 1);
    assert!(err.starts_with("query error: execution: found duplicate series"), "{err}");
    assert!(out.contains("│  failed: found duplicate series"), "{out}");
    let (code, _, err) = explain(&[&url, "up", "--time=1", "--step=1m"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot be used with"), "{err}");
}

#[test]
fn nobody_listening_names_the_url() {
    let folder = tempfile::tempdir().unwrap();
    let port = testkit::free_port();
    let server = format!("127.0.0.1:{port}");
    let (code, _, err) = run(folder.path(), &["query", "instant", &server, "up"]);
    assert_eq!(code, 1);
    assert!(err.contains(&format!("http://{server}/api/v1/query")), "{err}");
    assert!(err.contains("is a server listening there?"), "{err}");
}

#[test]
fn credentials_and_headers_reach_the_server() {
    let site = Site::start(|_| (200, r#"{"status":"success","data":[]}"#.to_owned()));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "http.yml", "authorization: {credentials: s3cret}\n");
    let url = format!("http://{}/prom/", site.address());
    let words = ["query", "labels", "--http.config.file=http.yml", &url, "job"];
    let (code, out, err) = run(folder.path(), &words);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let asked = &site.asked()[0];
    assert!(asked.target.starts_with("GET /prom/api/v1/label/job/values?"), "{}", asked.target);
    let line = asked.head.iter().find(|line| line.to_lowercase().starts_with("authorization:"));
    assert!(line.is_some_and(|line| line.ends_with("Bearer s3cret")), "{:?}", asked.head);
}

#[test]
fn a_bad_http_config_file_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "http.yml", "basic_auth: {usrname: a}\n");
    let words = ["query", "instant", "--http.config.file=http.yml", "up"];
    let (code, _, err) = run(folder.path(), &words);
    assert_eq!(code, 1);
    assert!(
        err.contains("http.yml:1:14: unknown key `usrname`; did you mean `username`?"),
        "{err}"
    );
    let words = ["query", "instant", "--http.config.file=none.yml", "up"];
    assert!(run(folder.path(), &words).2.contains("cannot read none.yml: no such file"));
}

#[test]
fn a_server_that_only_knows_get_is_asked_again() {
    let site = Site::start(|asked| {
        if asked.target.starts_with("POST") {
            return (405, String::new());
        }
        let answer = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#;
        (200, answer.to_owned())
    });
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}", site.address());
    let (code, out, err) = run(folder.path(), &["query", "instant", &url, "1 + 1"]);
    assert_eq!((code, out.as_str()), (0, "scalar: 2 @[1]\n"), "{err}");
    assert!(site.asked()[1].target.contains("query=1+%2B+1"), "{:?}", site.asked());
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

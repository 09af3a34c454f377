//! Debian's promtool as a client: its parser of our answers is an independent one.

use crate::support::Running;
use expect_test::{Expect, expect};
use std::process::Command;
use testkit::{find_program, skip};

/// Runs promtool against a fresh server; `SERVER` in the arguments is its address.
fn check(arguments: &[&str], expect: &Expect) {
    let Some(promtool) = find_program("promtool") else {
        skip("promtool", "promtool is not installed");
        return;
    };
    let running = Running::new();
    let server = format!("http://{}", running.address);
    let arguments = arguments.iter().map(|text| text.replace("SERVER", &server));
    let output = Command::new(promtool).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&server, "SERVER");
    let status = output.status.code().unwrap_or(-1);
    let shown = format!("{status}\n{}{}", text(&output.stdout), text(&output.stderr));
    let shown = shown.replace(": parse error: ", ": parse error:\n");
    expect.assert_eq(&shown);
}

#[test]
fn instant() {
    check(
        &["query", "instant", "--time=300", "SERVER", "up"],
        &expect![[r#"
        0
        up{instance="a:9100", job="node"} => 1 @[300]
        up{instance="b:9100", job="node"} => 0 @[300]
    "#]],
    );
    check(
        &["query", "instant", "--time=300", "SERVER", "1.5"],
        &expect![[r#"
        0
        scalar: 1.5 @[300]
    "#]],
    );
    check(
        &["query", "instant", "--time=300", "SERVER", "up[30s]"],
        &expect![[r#"
        0
        up{instance="a:9100", job="node"} =>
        1 @[285]
        1 @[300]
        up{instance="b:9100", job="node"} =>
        0 @[285]
        0 @[300]
    "#]],
    );
    check(
        &["query", "instant", "--time=300", "SERVER", "1/0"],
        &expect![[r#"
        0
        scalar: +Inf @[300]
    "#]],
    );
}

#[test]
fn range() {
    let times = ["--start=300", "--end=360", "--step=30s"];
    let ask = |query| [&["query", "range"][..], &times, &["SERVER", query]].concat();
    check(
        &ask("requests_total"),
        &expect![[r#"
        0
        requests_total{job="api", method="GET"} =>
        300 @[300]
        330 @[330]
        360 @[360]
    "#]],
    );
    check(
        &ask("rate(requests_total[1m])"),
        &expect![[r#"
        0
        {job="api", method="GET"} =>
        0.9999999999999999 @[300]
        0.9999999999999999 @[330]
        0.9999999999999999 @[360]
    "#]],
    );
    check(
        &ask("absent"),
        &expect![[r#"
        0

    "#]],
    );
}

#[test]
fn series_and_labels() {
    let times = ["--start=0", "--end=600"];
    let ask = |kind, rest: &[&'static str]| [&["query", kind][..], rest, &times].concat();
    check(
        &ask("series", &["SERVER", "--match=up"]),
        &expect![[r#"
        0
        {__name__="up", instance="a:9100", job="node"}
        {__name__="up", instance="b:9100", job="node"}
    "#]],
    );
    check(
        &ask("labels", &["SERVER", "job"]),
        &expect![[r#"
        0
        api
        node
    "#]],
    );
}

#[test]
fn errors_reach_the_user() {
    check(
        &["query", "instant", "SERVER", "("],
        &expect![[r#"
            1
            query error: bad_data: invalid parameter "query": 1:2: parse error:
            unclosed left parenthesis
        "#]],
    );
    let backwards = ["--start=360", "--end=300", "--step=30s"];
    let ask = [&["query", "range"][..], &backwards, &["SERVER", "up"]].concat();
    check(
        &ask,
        &expect![[r#"
        1
        start time is not before end time
    "#]],
    );
}

#[test]
fn own_metrics_are_clean() {
    let Some(promtool) = find_program("promtool") else {
        skip("promtool metrics", "promtool is not installed");
        return;
    };
    let running = Running::new();
    running.get("/api/v1/labels");
    let mut text = String::new();
    text.push_str(&exposition::render_text(&running.http.families()));
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&said));
}

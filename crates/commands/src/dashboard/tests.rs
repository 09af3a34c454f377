use super::*;
use crate::cli::{DashboardImport, DashboardServer};
use expect_test::expect;
use std::fs;

fn shown(command: &DashboardCommand) -> (Verdict, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::plain(&mut out, &mut err);
    let verdict = run(command, &mut console).unwrap();
    console.flush().unwrap();
    drop(console);
    let text = String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap();
    (verdict, text)
}

fn file(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

const OLD: &str = r#"{"title": "Load", "schemaVersion": 14, "rows": [{"panels": [
    {"type": "graph", "title": "load", "span": 12, "targets": [{"expr": "node_load1"}]}]}]}"#;
const NEW: &str = r#"{"title": "Load", "schemaVersion": 14, "rows": [{"panels": [
    {"type": "graph", "title": "load", "span": 12, "targets": [{"expr": "node_load5"}]}]}]}"#;

#[test]
fn a_dry_run_says_what_would_be_kept() {
    let temp = tempfile::tempdir().unwrap();
    let args = DashboardImport {
        files: vec![file(temp.path(), "a.json", OLD), file(temp.path(), "b.json", "{}")],
        folder: None,
        overwrite: false,
        dry_run: true,
        server: DashboardServer { url: "http://127.0.0.1:1".into(), http_config_file: None },
    };
    let (verdict, text) = shown(&DashboardCommand::Import(args));
    assert_eq!(verdict, Verdict::Bad);
    let text = text.replace(&temp.path().display().to_string(), "DIR");
    expect![[r#"
        Reading DIR/a.json
          rows[0].panels[0].type: changed: graph became timeseries
          SUCCESS: "Load" with 1 panels and 0 variables
        Reading DIR/b.json
          FAILED: DIR/b.json: the JSON is no dashboard: no title, no panels, no rows, no elements
    "#]]
    .assert_eq(&text);
}

#[test]
fn lint_names_mistakes_and_metrics_that_are_not_there() {
    let temp = tempfile::tempdir().unwrap();
    let metrics = file(temp.path(), "metrics.txt", "# HELP up Up.\nup 1\n");
    let args = DashboardLint {
        files: vec![file(temp.path(), "a.json", OLD)],
        metrics: Some(metrics),
        strict: false,
    };
    let (verdict, text) = shown(&DashboardCommand::Lint(args));
    assert_eq!(verdict, Verdict::Good);
    assert!(
        text.contains("WARNING: panels[0].targets[0].expr: no metric is called \"node_load1\"")
    );
    let bad = file(temp.path(), "bad.json", &OLD.replace("node_load1", "rate(a[5m)"));
    let args = DashboardLint { files: vec![bad], metrics: None, strict: false };
    let (verdict, text) = shown(&DashboardCommand::Lint(args));
    assert_eq!(verdict, Verdict::Bad);
    assert!(text.contains("FAILED: panels[0].targets[0].expr: 1:"), "{text}");
}

#[test]
fn differences_are_told_by_panel() {
    let temp = tempfile::tempdir().unwrap();
    let old = file(temp.path(), "old.json", OLD);
    let new = file(temp.path(), "new.json", NEW);
    let command = DashboardCommand::Diff { old: old.clone(), new };
    assert_eq!(
        shown(&command),
        (
            Verdict::Bad,
            "~ panel \"load\": targets[0].expr: \"node_load1\" -> \"node_load5\"\n".to_owned()
        )
    );
    let same = DashboardCommand::Diff { old: old.clone(), new: old };
    assert_eq!(shown(&same), (Verdict::Good, String::new()));
}

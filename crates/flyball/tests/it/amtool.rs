//! amtool's commands beside Debian's amtool, both against the same real Alertmanager.

mod peer;
mod served;

use crate::server::binary;
use peer::{Alertmanager, Said};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use testkit::skip;

/// Both programs with the same words; they must say the same and end alike.
#[track_caller]
fn both(peer: &Alertmanager, words: &[&str]) -> Said {
    let (ours, theirs) = (peer.ours(words), peer.theirs(words));
    assert_eq!(ours.code, theirs.code, "{words:?}: {} {}", ours.err, theirs.err);
    assert_eq!(ours.out, theirs.out, "{words:?}: {} {}", ours.err, theirs.err);
    assert_eq!(ours.err.is_empty(), theirs.err.is_empty(), "{words:?}: {}", ours.err);
    ours
}

/// A peer with two alerts, one of which is silenced, and four silences.
fn prepared() -> Option<Alertmanager> {
    Alertmanager::start().map(filled)
}

fn filled(peer: Alertmanager) -> Alertmanager {
    let add = |words: &[&str]| assert_eq!(peer.theirs(words).code, 0, "{words:?}");
    let start = "--start=2026-01-02T03:04:05Z";
    add(&["alert", "add", "Down", "node=a", "--annotation=summary=it is <b>", start]);
    add(&["alert", "add", "Full", "node=b", "--generator-url=http://g/?a=1&b", "--annotation=a=b"]);
    let silence = |words: &[&str]| add(&[&["silence", "add"], words].concat());
    silence(&["Full", "--author=ann", "--comment=new <disk>", "--duration=3h"]);
    silence(&["alertname=~D.*", "node!=a", "x!~\"y|\\\"z\"", "--comment=a\tb", "--duration=2h"]);
    silence(&["x=y", "--comment=gone", "--author=bob", "--duration=1h"]);
    let ids = peer.theirs(&["silence", "query", "-q", "--created-by=bob"]).out;
    add(&["silence", "expire", ids.trim()]);
    let later = ["--start=2099-01-01T00:00:00Z", "--end=2099-01-02T00:00:00Z", "--comment=c"];
    silence(&[&["instance=ü"], &later[..]].concat());
    peer.wait_for_alert("Full");
    peer
}

#[test]
fn questions_are_answered_as_amtool_answers_them() {
    let Some(peer) = prepared() else {
        return skip("amtool's questions", "prometheus-alertmanager or amtool is not installed");
    };
    let zoned = ["alert", "add", "Zoned", "--start=2026-01-02T04:04:06+01:00"];
    assert_eq!(peer.theirs(&zoned).code, 0);
    peer.wait_for_alert("Zoned");
    ask_everything(&peer, &["simple", "extended", "json"]);
}

fn ask_everything(peer: &Alertmanager, outputs: &[&str]) {
    for output in outputs.iter().map(|output| format!("--output={output}")) {
        let all = |words: &[&str]| both(peer, &[words, &[output.as_str()]].concat());
        assert!(all(&["alert", "query"]).out.contains("Down"));
        all(&["alert"]);
        all(&["alert", "query", "-a", "-s", "-i", "-u"]);
        all(&["alert", "Down"]);
        all(&["alert", "query", "node=~a|b", "--silenced"]);
        all(&["alert", "query", "none"]);
        all(&["alert", "query", "--receiver=def.*"]);
        all(&["alert", "query", "-r", "other"]);
        assert!(all(&["silence", "query"]).out.contains("ann"));
        all(&["silence"]);
        all(&["silence", "query", "--expired"]);
        all(&["silence", "query", "--expired", "--within=1h"]);
        all(&["silence", "query", "--within=150m"]);
        all(&["silence", "query", "--created-by=bob"]);
        all(&["silence", "query", "Full"]);
        all(&["silence", "query", "node!=a"]);
        all(&["silence", "query", "-q"]);
        all(&["cluster", "show"]);
        all(&["cluster"]);
        all(&["--date.format=Jan _2 2006 15:04:05.000 -0700", "alert"]);
    }
    both(peer, &["config", "show"]);
    both(peer, &["config", "show", "-o", "json"]);
}

#[test]
fn refused_questions_end_like_amtools() {
    let Some(peer) = Alertmanager::start() else {
        return skip("amtool's refusals", "prometheus-alertmanager or amtool is not installed");
    };
    let none = "11111111-1111-1111-1111-111111111111";
    let cases: [&[&str]; 19] = [
        &["alert", "add"],
        &["alert", "add", "Down", "x=~y"],
        &["alert", "add", "Down", "x"],
        &["alert", "add", "Down", "--annotation=x"],
        &["alert", "add", "Down", "--start=yesterday"],
        &["alert", "query", "Down", "x"],
        &["alert", "query", "-r", "("],
        &["silence", "add", "Down"],
        &["silence", "add", "--comment=c"],
        &["silence", "add", "--comment=c", "--duration=0s", "Down"],
        &["silence", "add", "--comment=c", "--duration=1.5h", "Down"],
        &["silence", "add", "--comment=c", "--end=2020-01-01T00:00:00Z", "Down"],
        &["silence", "add", "--comment=c", "x="],
        &["silence", "update"],
        &["silence", "update", none],
        &["silence", "expire"],
        &["silence", "expire", none],
        &["silence", "expire", "x"],
        &["silence", "import", "none.json"],
    ];
    for words in cases {
        let said = both(&peer, words);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{words:?}");
        assert!(said.err.starts_with("error: "), "{words:?}: {}", said.err);
    }
    let said = peer.ours(&["alert", "query", "-r", "("]);
    assert!(said.err.contains("status 400: failed to parse receiver param: "), "{}", said.err);
}

#[test]
fn silences_are_made_changed_and_ended() {
    let Some(peer) = Alertmanager::start() else {
        return skip("amtool's silences", "prometheus-alertmanager or amtool is not installed");
    };
    let add = ["silence", "add", "Down", "node=~a|b", "x!=y", "--comment=why not", "--author=ann"];
    let added = peer.ours(&[&add[..], &["--duration=2h"]].concat());
    assert_eq!((added.code, added.err.as_str()), (0, ""));
    let id = added.out.trim();
    let shown = both(&peer, &["silence", "query"]).out;
    let matchers = r#"alertname="Down" node=~"a|b" x!="y""#;
    assert!(shown.contains(id) && shown.contains(matchers) && shown.contains("why not"), "{shown}");
    let silence = peer.silence(id);
    let length = |silence: &Value| {
        let at = |name: &str| silence[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        (at("endsAt") - at("startsAt")).total(jiff::Unit::Minute).unwrap().round()
    };
    assert_eq!(length(&silence), 120.0);

    let words = ["silence", "update", id, "--duration=4h", "--comment=longer"];
    let updated = peer.ours(&words);
    assert_eq!(updated.code, 0, "{}", updated.err);
    assert_eq!(updated.out, both(&peer, &["silence", "query"]).out);
    let silence = peer.silence(id);
    assert_eq!((length(&silence), silence["comment"].as_str()), (240.0, Some("longer")));
    assert_eq!(peer.ours(&["silence", "update", id, "-q"]).out.trim(), id);

    // A silence that begins at another time is another silence.
    let words = ["silence", "update", id, "--start=2098-01-01T00:00:00Z", "-q"];
    let words = [&words[..], &["--end=2099-01-01T00:00:00Z"]].concat();
    let replaced = peer.ours(&words);
    assert_eq!(replaced.code, 0, "{}", replaced.err);
    assert_ne!(replaced.out.trim(), id);
    assert_eq!(peer.silence(id)["status"]["state"], "expired");

    let ended = peer.ours(&["silence", "expire", replaced.out.trim()]);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, "", ""));
    assert_eq!(both(&peer, &["silence", "query", "-q"]).out, "");
}

#[test]
fn alerts_are_sent() {
    let Some(peer) = Alertmanager::start() else {
        return skip("amtool's alerts", "prometheus-alertmanager or amtool is not installed");
    };
    let words = ["alert", "add", "Down", "node=a", "--annotation=summary=two words"];
    let times = ["--start=2026-01-02T03:04:05Z", "--end=2099-01-01T00:00:00Z"];
    let sent = peer.ours(&[&words[..], &times, &["--generator-url=http://g"]].concat());
    assert_eq!((sent.code, sent.out.as_str(), sent.err.as_str()), (0, "", ""));
    peer.wait_for_alert("Down");
    let shown = both(&peer, &["alert", "-o", "extended"]).out;
    let row = r#"alertname="Down" node="a"  summary="two words"  2026-01-02 03:04:05 UTC  2099-01-01 00:00:00 UTC  http://g       active"#;
    assert!(shown.contains(row), "{shown}");
    // Without times the server decides.
    assert_eq!(peer.ours(&["alert", "add", "alertname=Now"]).code, 0);
    peer.wait_for_alert("Now");
    both(&peer, &["alert", "query", "Now"]);
}

#[test]
fn silences_are_imported() {
    let Some(peer) = prepared() else {
        return skip("amtool's import", "prometheus-alertmanager or amtool is not installed");
    };
    let kept = peer.ours(&["silence", "query", "-o", "json"]).out;
    fs::write(peer.folder().join("silences.json"), &kept).unwrap();
    let count = serde_json::from_str::<Vec<Value>>(&kept).unwrap().len();
    assert_eq!(count, 3);
    let imported = peer.ours(&["silence", "import", "--force", "silences.json", "-w", "2"]);
    assert_eq!((imported.code, imported.err.as_str()), (0, ""));
    assert_eq!(imported.out.lines().count(), count);
    assert_eq!(peer.ours(&["silence", "query", "-q"]).out.lines().count(), 2 * count);

    let other = Alertmanager::start().unwrap();
    let imported = other.ours(&[
        "silence",
        "import",
        &peer.folder().join("silences.json").display().to_string(),
    ]);
    assert_eq!((imported.code, imported.err.as_str()), (0, ""));
    let comments = |peer: &Alertmanager| {
        let out = peer.ours(&["silence", "query", "-o", "json"]).out;
        let silences: Vec<Value> = serde_json::from_str(&out).unwrap();
        let mut comments: Vec<String> = silences.iter().map(|s| s["comment"].to_string()).collect();
        comments.sort();
        comments
    };
    let mut twice: Vec<String> =
        comments(&other).into_iter().flat_map(|c| [c.clone(), c]).collect();
    twice.sort();
    assert_eq!(comments(&peer), twice);

    let bad = r#"[{"matchers":[],"startsAt":"2026-01-01T00:00:00Z"}]"#;
    fs::write(other.folder().join("bad.json"), bad).unwrap();
    let refused = other.ours(&["silence", "import", "bad.json"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.starts_with("Error adding silence id='': POST http://"), "{}", refused.err);
    assert!(refused.err.ends_with("couldn't import 1 out of 1 silences\n"), "{}", refused.err);
    fs::write(other.folder().join("bad.json"), "x").unwrap();
    both(&other, &["silence", "import", "bad.json"]);
}

/// The twins of amtool's drawings; 0.34 tells the grouping, too, which 0.25 does not.
const ROUTES: &str = "\
route:
  receiver: default
  routes:
  - receiver: team a
    matchers: ['team=\"a\"', 'severity=~\"page|mail\"', 'a!=b']
    continue: true
    routes:
    - receiver: b
      matchers: [x!~y]
      routes: [{receiver: c, match: {z: z}}]
    - receiver: c
      match: {x: y}
  - receiver: b
    match: {team: b}
    match_re: {env: 'p.*|test'}
    routes: [{matchers: [env=prod], receiver: c}, {matchers: [env=test], receiver: default}]
receivers: [{name: default}, {name: team a}, {name: b}, {name: c}]
";

#[test]
fn routes_are_drawn_and_tried() {
    let Some(peer) = Alertmanager::with(ROUTES) else {
        return skip("amtool's routes", "prometheus-alertmanager or amtool is not installed");
    };
    fs::write(peer.folder().join("am.yml"), ROUTES).unwrap();
    let labels = ["team=a", "severity=page", "env=prod", "x=y"];
    let cases: [&[&str]; 9] = [
        &["config", "routes"],
        &["config", "routes", "show"],
        &["config", "routes", "test"],
        &["config", "routes", "test", "team=b", "env=prod"],
        &["config", "routes", "test", "--tree", "team=b", "env=test"],
        &["config", "routes", "test", "--tree", "team=b"],
        &["config", "routes", "test", "--verify.receivers=b", "team=b"],
        &["config", "routes", "test", "--verify.receivers=c", "team=b"],
        &["config", "routes", "test", "team"],
    ];
    for words in cases {
        both(&peer, words);
        both(&peer, &[words, &["--config.file=am.yml"]].concat());
    }
    both(&peer, &[&["config", "routes", "test", "--tree"], &labels[..]].concat());
    both(&peer, &[&["config", "routes", "test", "--tree"], &labels[..2]].concat());
    both(&peer, &["config", "routes", "--config.file=none.yml"]);
}

#[test]
fn files_are_checked() {
    let Some(peer) = Alertmanager::start() else {
        return skip("amtool's checks", "prometheus-alertmanager or amtool is not installed");
    };
    let write = |name: &str, text: &str| fs::write(peer.folder().join(name), text).unwrap();
    write("good.yml", ROUTES);
    let rules = "inhibit_rules: [{source_match: {a: b}, target_match: {c: d}}]\n";
    write("tmpl.yml", &format!("{rules}templates: ['*.tmpl', 'none/*.tmpl']\n{ROUTES}"));
    write("a.tmpl", "{{ define \"a\" }}{{ .Status }}{{ end }}");
    both(&peer, &["check-config", "good.yml"]);
    both(&peer, &["check-config", "good.yml", "tmpl.yml"]);
    both(&peer, &["check-config", "none.yml"]);
    write("b.tmpl", "{{ define \"a\" }");
    let bad = peer.ours(&["check-config", "tmpl.yml"]);
    let theirs = peer.theirs(&["check-config", "tmpl.yml"]);
    assert_eq!((bad.code, theirs.code), (1, 1));
    let (head, _) = theirs.out.split_once("  FAILED: template: b.tmpl").unwrap();
    assert!(bad.out.starts_with(&format!("{head}  FAILED: template: b.tmpl:1")), "{}", bad.out);
    write("bad.yml", "route: {receiver: x}\nreceivers: [{name: y}]\n");
    let bad = peer.ours(&["check-config", "bad.yml", "good.yml"]);
    assert_eq!(bad.code, 1);
    let begin = "Checking 'bad.yml'  FAILED: bad.yml:1:19: receiver \"x\" is not defined";
    assert!(
        bad.out.starts_with(begin) && bad.out.contains("Checking 'good.yml'  SUCCESS"),
        "{}",
        bad.out
    );
    assert_eq!(bad.err, "error: failed to validate 1 file(s)\n");
}

#[test]
fn templates_are_rendered() {
    let Some(peer) = Alertmanager::start() else {
        return skip("amtool's templates", "prometheus-alertmanager or amtool is not installed");
    };
    let write = |name: &str, text: &str| fs::write(peer.folder().join(name), text).unwrap();
    write(
        "a.tmpl",
        "{{ define \"x\" }}{{ range .Alerts }}<b>{{ .Labels.SortedPairs.Values | join \",\" }}</b> {{ .GeneratorURL }};{{ end }}{{ end }}",
    );
    write(
        "data.json",
        r#"{"status":"firing","externalURL":"http://e","alerts":[{"status":"resolved","labels":{"a":"<b>"},"startsAt":"2026-01-01T00:00:00Z"}],"groupLabels":{"g":"1"}}"#,
    );
    let texts = [
        "{{ template \"x\" . }} {{ .Receiver }} {{ .ExternalURL }}",
        "{{ .Status }} {{ len .Alerts.Resolved }} {{ .GroupLabels.Names }} {{ (index .Alerts 0).EndsAt.IsZero }}",
        "{{ .CommonAnnotations.Values }} {{ .CommonLabels.Names }}",
        "{{ (index .Alerts 0).StartsAt.Before (index .Alerts 0).EndsAt }}",
        "{{ .Nope }}",
        "{{ .Status ",
        "{{ template \"none\" . }}",
    ];
    for text in texts.map(|text| format!("--template.text={text}")) {
        let words = ["template", "render", "--template.glob=*.tmpl", &text];
        both(&peer, &words);
        both(&peer, &[&words[..], &["--template.type=html"]].concat());
        both(&peer, &[&words[..], &["--template.data=data.json"]].concat());
    }
    write("data.json", r#"{"status":1}"#);
    let words = ["template", "render", "--template.glob=*.tmpl", "--template.text=x"];
    both(&peer, &[&words[..], &["--template.data=data.json"]].concat());
    both(&peer, &[&words[..], &["--template.data=none.json"]].concat());
}

#[test]
fn settings_stand_in_for_flags() {
    let Some(peer) = prepared() else {
        return skip("amtool's settings", "prometheus-alertmanager or amtool is not installed");
    };
    let url = format!("http://{}", peer.address());
    let settings = format!(
        "alertmanager.url: {url}\noutput: extended\nauthor: carol\nrequire-comment: false\n"
    );
    peer.settings(&settings);
    let alone = |words: &[&str]| peer.run(&mut binary(), words);
    assert_eq!(alone(&["alert"]).out, peer.ours(&["alert", "-o", "extended"]).out);
    assert_eq!(alone(&["alert", "-o", "simple"]).out, peer.theirs(&["alert"]).out);
    let added = alone(&["silence", "add", "x=y"]);
    assert_eq!((added.code, added.err.as_str()), (0, ""));
    assert_eq!(peer.silence(added.out.trim())["createdBy"], "carol");
    peer.settings("output: [x]\n");
    let refused = alone(&["alert"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.starts_with("error: could not load config file: "), "{}", refused.err);
    assert_eq!(alone(&["check", "config", "none"]).code, 1);
}

#[test]
fn a_link_named_amtool_is_amtool() {
    let Some(peer) = prepared() else {
        return skip("amtool by name", "prometheus-alertmanager or amtool is not installed");
    };
    let link = peer.folder().join("amtool");
    symlink(binary().get_program(), &link).unwrap();
    let url = format!("--alertmanager.url=http://{}", peer.address());
    let linked = |words: &[&str]| peer.run(&mut std::process::Command::new(&link), words);
    let cases: [&[&str]; 7] = [
        &[&url, "alert", "query", "--silenced"],
        &["-o", "extended", "silence", &url],
        &["config", &url],
        &["config", "routes", &url],
        &["alert", "query", &url, "-o", "xml"],
        &["alert", "query", &url, "--none"],
        &["silence", "query", &url, "--within=90"],
    ];
    for words in cases {
        let (ours, theirs) = (linked(words), peer.run_amtool(words));
        assert_eq!((ours.code, &ours.out), (theirs.code, &theirs.out), "{words:?}: {}", ours.err);
    }
    assert_eq!(linked(&["check", "config"]).code, 1);
    assert_eq!(linked(&["--help"]).code, 0);
}

#[test]
fn nobody_listening_names_the_url() {
    let folder = tempfile::tempdir().unwrap();
    let port = testkit::free_port();
    let url = format!("--alertmanager.url=127.0.0.1:{port}/am");
    let output = binary().env("HOME", folder.path()).args(["alert", &url]).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err.starts_with("error: ") && err.contains("is a server listening there?"), "{err}");
    assert!(err.contains(&format!("http://127.0.0.1:{port}/am/api/v2/alerts")), "{err}");
}

//! Pictures and objects of answers that were made up, and one real refusal.

use super::*;
use expect_test::expect;
use probe::{Findings, Span};

fn span(phase: &'static str, start_ms: u64, length_ms: u64) -> Span {
    let (start, length) = (Duration::from_millis(start_ms), Duration::from_millis(length_ms));
    Span { phase, hop: 0, start, length, is_cut: false }
}

fn answer(reason: Option<Reason>, spans: Vec<Span>, why: Option<&str>) -> Answer {
    let findings = Findings {
        why: why.map(str::to_owned),
        address: Some([192, 0, 2, 7].into()),
        connected: true,
        spans,
        ..Findings::default()
    };
    Answer {
        target: "https://a.example/".into(),
        outcome: Outcome {
            success: reason.is_none(),
            reason,
            families: Vec::new(),
            certificates: Vec::new(),
            log: String::new(),
            duration: Duration::from_millis(200),
            conditions: Vec::new(),
            findings,
        },
        is_untrusted: false,
        now: Timestamp::from_ms(1_800_000_000_000),
    }
}

#[test]
fn phases_are_drawn_one_below_the_other() {
    let spans = vec![
        span("resolve", 0, 10),
        span("connect", 10, 40),
        span("processing", 50, 150),
        span("transfer", 200, 0),
    ];
    let mut answer = answer(None, spans, None);
    answer.outcome.findings.status = Some(200);
    answer.outcome.findings.version = Some("HTTP/1.1");
    let lines = Canvas::new(60, false, '#').draw(&answer).join("\n");
    expect![[r"
        OK  https://a.example/  200, HTTP/1.1, 192.0.2.7, 200.0 ms

          resolve        10.0 ms  ##
          connect        40.0 ms    ######
          processing    150.0 ms          ########################
          transfer        0.0 ms                                 #"]]
    .assert_eq(&lines);
}

#[test]
fn a_failure_says_why_and_what_to_do() {
    let mut cut = span("connect", 0, 200);
    cut.is_cut = true;
    let why = "Error for HTTP request: dial tcp 192.0.2.7:443: Connection refused (os error 111)";
    let answer = answer(Some(Reason::Connect), vec![cut], Some(why));
    let lines = Canvas::new(60, true, '#').draw(&answer).join("\n");
    expect![[r"
        ^[31mFAILED^[0m  https://a.example/  192.0.2.7, 200.0 ms

          ^[2mwhy  ^[0mError for HTTP request: dial tcp 192.0.2.7:443:
          ^[2m     ^[0mConnection refused (os error 111) (connect)
          ^[2mtry  ^[0mnothing listens there: is the service running, and on
          ^[2m     ^[0mthis port and address?

          connect       200.0 ms  ^[31m################################^[0m connect"]]
    .assert_eq(&lines.replace('\x1b', "^"));
}

fn probed(words: &[&str]) -> (Verdict, String, String) {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: ProbeArgs,
    }
    let words = std::iter::once("probe").chain(words.iter().copied());
    let line = <Line as clap::Parser>::try_parse_from(words).expect("a command line");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let verdict = {
        let mut console = Console::plain(&mut out, &mut err);
        let verdict = run(&line.args, &mut console).expect("written to memory");
        console.flush().expect("written to memory");
        verdict
    };
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (verdict, text(out), text(err))
}

#[test]
fn a_refused_connection_is_told_with_its_exit_code() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let url = format!("tcp://127.0.0.1:{port}");
    assert_eq!(probed(&[&url]).0, Verdict::Good);
    drop(listener);
    let (verdict, out, _) = probed(&[&url, "--json"]);
    assert_eq!(verdict, Verdict::Bad);
    let object: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(object["reason"], "connect");
    assert_eq!(object["phases"][1]["phase"], "connect");
    assert!(object["advice"].as_str().expect("advice").contains("nothing listens"), "{object}");
    let (verdict, ..) = probed(&[&url, "-c", "[CONNECTED] == false"]);
    assert_eq!(verdict, Verdict::Good);
}

#[test]
fn what_cannot_be_read_is_unusable() {
    for words in [
        &["ftp://a.example"][..],
        &["tcp://a.example:1", "-c", "[STATSU] == 1"],
        &["tcp://a.example:1", "-c", "[CONTEXT].x == 1"],
        &["tcp://a.example:1", "--timeout", "soon"],
        &["http://a.example", "-H", "x"],
        &["a", "--module", "none"],
    ] {
        let (verdict, out, err) = probed(words);
        assert_eq!((verdict, out.as_str()), (Verdict::Unusable, ""), "{words:?}");
        assert!(err.starts_with("flyball: "), "{words:?}: {err}");
    }
}

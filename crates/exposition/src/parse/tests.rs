use super::{Event, Format, Parser};
use model::{Labels, LabelsBuilder, MetricKind};
use std::fmt::Write;

/// One line per event; the only place that knows the API.
fn dump(format: Format, body: &[u8]) -> String {
    let mut parser = Parser::new(format, body);
    let mut out = String::new();
    loop {
        match parser.next_event() {
            Ok(None) => return out,
            Ok(Some(event)) => line(&mut out, &parser, &event),
            Err(error) => {
                writeln!(out, "error: {error}").unwrap();
                return out;
            }
        }
    }
}

fn line(out: &mut String, parser: &Parser<'_>, event: &Event<'_>) {
    match event {
        Event::Help { family, help } => writeln!(out, "help {family} {help:?}"),
        Event::Type { family, kind } => writeln!(out, "type {family} {}", kind.as_str()),
        Event::Unit { family, unit } => writeln!(out, "unit {family} {unit:?}"),
        Event::Sample(sample) => {
            let mut labels = LabelsBuilder::default();
            if let Err(error) = parser.labels(&mut labels) {
                return writeln!(out, "labels: {error}").unwrap();
            }
            write!(out, "{} {:?}", labels.build(), sample.value).unwrap();
            if let Some(timestamp) = sample.timestamp {
                write!(out, " @{}", timestamp.ms()).unwrap();
            }
            if let Some(exemplar) = &sample.exemplar {
                let at = exemplar.timestamp.map(model::Timestamp::ms);
                write!(out, " # {} {:?} {at:?}", exemplar.labels, exemplar.value).unwrap();
            }
            writeln!(out)
        }
    }
    .unwrap();
}

#[track_caller]
fn text(body: &str, expected: &str) {
    assert_eq!(dump(Format::Text, body.as_bytes()).trim_end(), expected, "{body:?}");
}

#[track_caller]
fn open(body: &str, expected: &str) {
    assert_eq!(dump(Format::OpenMetrics, body.as_bytes()).trim_end(), expected, "{body:?}");
}

#[test]
fn text_samples() {
    let one = r#"{__name__="m", a="b", c="d"} 1.0"#;
    for line in [
        r#"m{a="b",c="d"} 1"#,
        r#"m{c="d",a="b",} 1"#,
        r#"m{ a = "b" , c="d" } 1"#,
        r#"m { a="b" c="d" } 1"#,
        "m{a=\"b\",c=\"d\"}\t1",
        r#"m{a="b",c="d"}1"#,
        r#"  m{a="b",c="d"}  1  "#,
        r#"{"m",a="b",c="d"} 1"#,
        r#"{a="b","m","c"="d"} 1"#,
        r#"{ "m", "a" = "b", c="d", } 1"#,
        "\n\n# a comment\n#another\n#\nm{a=\"b\",c=\"d\",e=\"\"} 1\n",
    ] {
        text(line, one);
    }
}

#[test]
fn text_values_and_timestamps() {
    text("m 33  \t123123", r#"{__name__="m"} 33.0 @123123"#);
    text(
        "m 1 0\nn NaN\no -Inf 5\n",
        "{__name__=\"m\"} 1.0 @0\n{__name__=\"n\"} NaN\n{__name__=\"o\"} -inf @5",
    );
    text("m+1", r#"{__name__="m"} 1.0"#);
    text("", "");
    text("\n", "");
    text("# only a comment", "");
}

#[test]
fn text_metadata() {
    text(
        "# HELP m  two spaces\\n\\\\ \\\" \\x\n# \tTYPE m\tcounter\n",
        concat!(r#"help m " two spaces\n\\ \\\" \\x""#, "\ntype m counter"),
    );
    text("# HELP m\n# HELP n \n# TYPE m untyped", "help m \"\"\nhelp n \"\"\ntype m unknown");
    text("# HELP \"a.b\" x\n# TYPE \"a.b\" gauge", "help a.b \"x\"\ntype a.b gauge");
    text("# HELPER m x\n#HELP m x\n# HELP\nm 1", r#"{__name__="m"} 1.0"#);
    text(
        "# HELP m foo\0bar\nm{a=\"abc\0\"} 1",
        concat!(r#"help m "foo\0bar""#, "\n", "{__name__=\"m\", a=\"abc\\x00\"} 1.0"),
    );
}

#[test]
fn escapes_and_utf8_names() {
    text(r#"m{a="\"x\\y\nz\q"} 1"#, r#"{__name__="m", a="\"x\\y\nz\\q"} 1.0"#);
    text("m{a=\"two\nlines\"} 1", r#"{__name__="m", a="two\nlines"} 1.0"#);
    open(
        "m{a=\"two\nlines\"} 1",
        "error: line 1: expected label value in double quotes, found `\"two`",
    );
    open("{\"räd.er\",\"l ab\"=\"ü\"} 1\n# EOF", "{__name__=\"räd.er\", \"l ab\"=\"ü\"} 1.0");
}

#[test]
fn bounds_and_quantiles_are_normalised_by_declared_kind() {
    text(
        "# TYPE h histogram\nh_bucket{le=\"1\",quantile=\"1\"} 2",
        "type h histogram\n{__name__=\"h_bucket\", le=\"1.0\", quantile=\"1\"} 2.0",
    );
    text(
        "# TYPE s summary\ns{quantile=\"0\",le=\"1\"} 2",
        "type s summary\n{__name__=\"s\", le=\"1\", quantile=\"0.0\"} 2.0",
    );
    text(
        "# TYPE h histogram\nh_bucket{le=\"1000000\"} 2\nh_bucket{le=\"+Inf\"} 2\nh_bucket{le=\"x\"} 2",
        "type h histogram\n{__name__=\"h_bucket\", le=\"1e+06\"} 2.0\n\
         {__name__=\"h_bucket\", le=\"+Inf\"} 2.0\n{__name__=\"h_bucket\", le=\"x\"} 2.0",
    );
    text("h_bucket{le=\"1\"} 2", "{__name__=\"h_bucket\", le=\"1\"} 2.0");
}

#[test]
fn text_refusals() {
    for (body, expected) in [
        ("a", "line 1: expected value after metric, found end of input"),
        ("a\n", "line 1: expected value after metric, found end of line"),
        ("\n\na{b='c'} 1\n", "line 3: expected label value in double quotes, found `'c'} 1`"),
        ("a{b=\n", "line 1: expected label value in double quotes, found end of line"),
        ("{\"a\", \"b = \"c\"}", "line 1: expected `=` behind the label name, found `c\"}`"),
        (
            "{\"a\",b\\nc=\"d\"} 1",
            "line 1: expected `=` behind the label name, found `\\nc=\"d\"} 1`",
        ),
        ("a true\n", "line 1: expected value after metric, found `true`"),
        ("a{b=\"", "line 1: expected label value in double quotes, found `\"`"),
        ("a{=\"\"} 0", "line 1: expected label name, found `=\"\"} 0`"),
        ("foo 1_2\n", "line 1: expected value after metric, found `1_2`"),
        ("foo 0x1p-3\n", "line 1: expected value after metric, found `0x1p-3`"),
        ("foo 0 1_2\n", "line 1: expected timestamp in milliseconds or end of line, found `_2`"),
        ("foo 0 -1\n", "line 1: expected timestamp in milliseconds or end of line, found `-1`"),
        (
            "foo 0 99999999999999999999",
            "line 1: timestamp `99999999999999999999` does not fit 64 bits",
        ),
        ("foo 1 2 3\n", "line 1: expected timestamp in milliseconds or end of line, found `3`"),
        ("foo 1\r\n", "line 1: expected value after metric, found `1\\r`"),
        ("{a=\"ok\"} 1", "line 1: metric name not set in `{a=\"ok\"}`"),
        ("{} 1", "line 1: metric name not set in `{}`"),
        ("{\"\"} 1", "line 1: metric name not set in `{\"\"}`"),
        ("a{\"b\"} 1", "line 1: metric name already set"),
        ("{\"a\",\"b\"} 1", "line 1: metric name already set"),
        ("{a} 1", "line 1: expected `=` behind the label name, found `} 1`"),
        ("a{\"\"=\"x\"} 1", "line 1: label name is empty"),
        ("9a 1", "line 1: expected a metric name, found `9a 1`"),
        ("\0", "line 1: expected a metric name, found `\\u{0}`"),
        ("# TYPE #\n", "line 1: expected metric name after TYPE, found `#`"),
        ("# HELP \n", "line 1: expected metric name after HELP, found end of line"),
        ("# TYPE a  counter", "line 1: invalid metric type ` counter`"),
        ("# TYPE a info", "line 1: invalid metric type `info`"),
        ("a{b=\"x\\\n\"} 1", "line 1: expected label value in double quotes, found `\"x\\`"),
    ] {
        text(body, &format!("error: {expected}"));
    }
    let not_utf8: [(&[u8], &str); 3] = [
        (b"a{\xff=\"foo\"} 1\n", "line 1: expected label name, found `\\xff=\"foo\"} 1`"),
        (b"a{b=\"\xff\"} 1\n", "line 1: label value `\\xff` is not valid UTF-8"),
        (b"# HELP a \xff\n", "line 1: help text `\\xff` is not valid UTF-8"),
    ];
    for (body, expected) in not_utf8 {
        assert_eq!(dump(Format::Text, body).trim_end(), format!("error: {expected}"));
    }
}

#[test]
fn an_error_quotes_little_of_a_long_line() {
    let error = dump(Format::Text, format!("a {}", "x".repeat(1 << 20)).as_bytes());
    assert!(error.ends_with(&format!("found `{}`...\n", "x".repeat(60))), "{}", error.len());
}

#[test]
fn repeated_label_names_are_refused() {
    text("a{b=\"1\",b=\"2\"} 1", "labels: line 1: label name \"b\" is not unique");
    text("a{__name__=\"x\"} 1", "labels: line 1: label name \"__name__\" is not unique");
}

#[test]
fn openmetrics_samples() {
    open(
        "m_total{a=\"b\"} 17.0 1520879607.789 # {id=\"x\"} 5 1520879600.1\n# EOF\n",
        "{__name__=\"m_total\", a=\"b\"} 17.0 @1520879607789 # {id=\"x\"} 5.0 Some(1520879600100)",
    );
    open("m 1 # {} 4\n# EOF", "{__name__=\"m\"} 1.0 # {} 4.0 None");
    open("m 1 -0.5\n# EOF", "{__name__=\"m\"} 1.0 @-500");
    open(
        "m 1 # {\"a.b\"=\"c\",d=\"e\",} 4\n# EOF",
        "{__name__=\"m\"} 1.0 # {\"a.b\"=\"c\", d=\"e\"} 4.0 None",
    );
    open(
        "# HELP m \\\"x\\\"\\n\n# TYPE m gaugehistogram\n# UNIT m_s s\n# UNIT m \n# EOF",
        "help m \"\\\"x\\\"\\n\"\ntype m gaugehistogram\nunit m_s \"s\"\nunit m \"\"",
    );
    open("# EOF", "");
    open("m 1 9007199254740.992\n# EOF", "{__name__=\"m\"} 1.0 @9007199254740992");
    open("m{a=\"abc\0\",} 1\n# EOF", "{__name__=\"m\", a=\"abc\\x00\"} 1.0");
}

#[test]
fn openmetrics_refusals() {
    let end = "data does not end with # EOF";
    for (body, expected) in [
        ("", format!("line 1: {end}")),
        ("metric 1", format!("line 1: {end}")),
        ("metric 1\n", format!("line 2: {end}")),
        ("m 1 # {a=\"b\"} 4", format!("line 1: {end}")),
        ("# HELP m x", format!("line 1: {end}")),
        ("# EOF\na 1", "line 1: unexpected data after # EOF".into()),
        ("# EOF\n\n", "line 1: unexpected data after # EOF".into()),
        ("# EOFa 1", "line 1: unexpected data after # EOF".into()),
        ("\n", "line 1: expected a metric name, found end of line".into()),
        (" a 1\n", "line 1: expected a metric name, found ` a 1`".into()),
        ("#EOF\n", "line 1: expected a metric name, found `#EOF`".into()),
        (
            "# comment\n",
            "line 1: expected HELP, TYPE, UNIT or EOF after `# `, found `comment`".into(),
        ),
        ("# HELPm x\n", "line 1: expected HELP, TYPE, UNIT or EOF after `# `, found `m x`".into()),
        ("# TYPE \"\" gauge\n", "line 1: expected metric name after TYPE, found ` gauge`".into()),
        ("# TYPE u untyped\n", "line 1: invalid metric type `untyped`".into()),
        ("# TYPE c counter \n", "line 1: invalid metric type `counter `".into()),
        ("# TYPE m\n", "line 1: expected text in TYPE, found end of line".into()),
        (
            "# UNIT metricsuffix suffix\n",
            "line 1: unit \"suffix\" is not a suffix of metric \"metricsuffix\"".into(),
        ),
        (
            "# UNIT suffix suffix\n",
            "line 1: unit \"suffix\" is not a suffix of metric \"suffix\"".into(),
        ),
        ("a\t1\n", "line 1: expected value after metric, found `\\t1`".into()),
        ("a  1\n", "line 1: expected value after metric, found `  1`".into()),
        ("a 1\t2\n", "line 1: expected value after metric, found `1\\t2`".into()),
        ("a 1 2 \n", "line 1: expected timestamp, exemplar or end of line, found ` `".into()),
        ("a 1 2 3\n", "line 1: expected timestamp, exemplar or end of line, found ` 3`".into()),
        ("a 1 1z\n", "line 1: invalid timestamp `1z`".into()),
        ("a 1 NaN\n", "line 1: invalid timestamp `NaN`".into()),
        ("a 1 +Inf\n", "line 1: invalid timestamp `+Inf`".into()),
        ("a 1 9007199254740.994\n", "line 1: invalid timestamp `9007199254740.994`".into()),
        ("a 1 1e300\n", "line 1: invalid timestamp `1e300`".into()),
        ("a{,b=\"c\"} 1\n", "line 1: expected label name, found `,b=\"c\"} 1`".into()),
        ("a{b=\"c\"d=\"e\"} 1\n", "line 1: expected `,` or `}`, found `d=\"e\"} 1`".into()),
        ("a{b=\"c\", d=\"e\"} 1\n", "line 1: expected label name, found ` d=\"e\"} 1`".into()),
        ("m 1 # {a=b}\n", "line 1: expected label value in double quotes, found `b}`".into()),
        (
            "m 1 # {a=\"b\"}\n",
            "line 1: expected value after exemplar labels, found end of line".into(),
        ),
        (
            "m 1 # {\"b\"} 1\n",
            "line 1: expected `=` behind the label name of an exemplar, found `} 1`".into(),
        ),
        ("m 1 # {a=\"b\"} 4 NaN\n", "line 1: invalid timestamp `NaN`".into()),
        (
            "m 1 # {a=\"b\"} 1_2\n",
            "line 1: expected value after exemplar labels, found `1_2`".into(),
        ),
    ] {
        assert_eq!(
            dump(Format::OpenMetrics, body.as_bytes()).lines().last(),
            Some(&*format!("error: {expected}")),
            "{body:?}"
        );
    }
}

/// What a connection lost in the middle of a line left may be the beginning of something else.
#[test]
fn a_line_without_its_end_is_no_event() {
    for body in ["# HELP m x", "# TYPE m gauge", "m 1"] {
        open(body, "error: line 1: data does not end with # EOF");
    }
}

#[test]
fn a_help_of_blanks_is_empty() {
    text("# HELP m  \t \n# HELP n  x \n", "help m \"\"\nhelp n \" x \"");
}

#[test]
fn names_of_metrics_may_have_colons_and_those_of_labels_not() {
    text("# HELP a:b c\n:a:b 1\n", "help a:b \"c\"\n{__name__=\":a:b\"} 1.0");
    text(
        "a{b:c=\"d\"} 1\n",
        "error: line 1: expected `=` behind the label name, found `:c=\"d\"} 1`",
    );
}

#[test]
fn a_series_with_too_many_labels_is_refused() {
    let mut labels = String::new();
    for index in 0..=super::LABELS_MAX {
        write!(labels, "l{index}=\"x\",").unwrap();
    }
    text(&format!("m{{{labels}}} 1"), "error: line 1: more than 1024 labels");
}

#[test]
fn a_known_series_is_recognised_by_its_bytes() {
    let ask = |format, body: &str, series: &str| {
        let mut parser = Parser::new(format, body.as_bytes());
        parser.sample_if(series.as_bytes()).unwrap().map(|sample| sample.value)
    };
    let text = |body, series| ask(Format::Text, body, series);
    assert_eq!(text("m{a=\"b\"} 1", "m{a=\"b\"}"), Some(1.0));
    assert_eq!(text("m{a=\"b\"}\t 1 5\n", "m{a=\"b\"}"), Some(1.0));
    assert_eq!(text("m 2", "m"), Some(2.0));
    assert_eq!((text("m 2", ""), text(" 2", "")), (None, None), "nothing is no series");
    assert_eq!(text("mm 2", "m"), None, "longer name");
    assert_eq!(text("m{a=\"b\"} 2", "m"), None, "labels follow");
    assert_eq!(text("m \t{a=\"b\"} 2", "m"), None, "labels follow behind white space");
    assert_eq!(text("m", "m"), None, "the slow path has the better error");
    assert_eq!(ask(Format::OpenMetrics, "m 2\n", "m"), Some(2.0));
    let mut parser = Parser::new(Format::Text, b"m x");
    assert!(parser.sample_if(b"m").is_err());
}

#[test]
fn known_comments_are_skipped_before_a_sample() {
    let body = b"# HELP a x\n# TYPE a counter\na 1\n\n b 2\n";
    let mut parser = Parser::new(Format::Text, body);
    let comments = b"# HELP a x\n# TYPE a counter\n";
    assert!(!parser.skip_if(b"", None) && !parser.skip_if(b"# HELP b", None));
    assert!(parser.skip_if(comments, Some(MetricKind::Counter)));
    assert!(!parser.skip_if(b"a", None), "only what stands right behind a sample");
    assert_eq!(parser.sample_if(b"a").unwrap().map(|sample| sample.value), Some(1.0));
    assert_eq!(parser.comments(), comments);
    assert!(matches!(parser.next_event(), Ok(Some(Event::Sample(_)))));
    assert_eq!(parser.comments(), b"\n ");
}

#[test]
fn the_end_stays_the_end() {
    for (format, body) in [(Format::Text, "m 1\n"), (Format::OpenMetrics, "m 1\n# EOF\n")] {
        let mut parser = Parser::new(format, body.as_bytes());
        assert!(parser.next_event().unwrap().is_some());
        for _ in 0..2 {
            assert_eq!(parser.next_event().unwrap(), None);
            assert_eq!(parser.sample_if(b"m").unwrap(), None);
        }
    }
}

#[test]
fn both_paths_see_the_same_samples() {
    let body = "# TYPE a counter\na{x=\"}\"} 1 7\na{x=\"\\\"}\"} 2\n\nb 3\n";
    let mut slow = Parser::new(Format::Text, body.as_bytes());
    let mut fast = slow.clone();
    while let Some(event) = slow.next_event().unwrap() {
        let Event::Sample(sample) = event else {
            fast.next_event().unwrap();
            continue;
        };
        let found = fast.sample_if(sample.series).unwrap();
        let found = found.or_else(|| match fast.next_event().unwrap() {
            Some(Event::Sample(sample)) => Some(sample),
            other => panic!("expected a sample, found {other:?}"),
        });
        assert_eq!(found, Some(sample));
    }
    assert_eq!(fast.next_event().unwrap(), None);
    assert_eq!(fast.next_event().unwrap(), None, "the end stays the end");
    assert_eq!(fast.sample_if(b"b").unwrap(), None);
}

#[test]
fn labels_of_an_event_replace_what_was_there() {
    let mut parser = Parser::new(Format::Text, b"m 1");
    parser.next_event().unwrap();
    let mut labels = Labels::from_pairs([("stale", "label")]).to_builder();
    parser.labels(&mut labels).unwrap();
    assert_eq!(labels.build(), Labels::from_pairs([("__name__", "m")]));
    assert_eq!(parser.metric_name(), "m");
    let mut parser = Parser::new(Format::Text, b"m{job=\"\"} 1");
    parser.next_event().unwrap();
    assert!(parser.names_label("job") && !parser.names_label("instance"));
    assert_eq!(parser.line(), 1);
}

//! Generated annotations against `promtool test rules` 2.42, which prints them as it expands them.
//!
//! Known changes until 3.14, all of Go's templates: comparisons of different types name the types;
//! structs, lists and maps may be compared with nil; numbers can be looped over; `.Value` takes any
//! value, so messages call its type `interface {}`. The causes of bad regular expressions are ours,
//! and so is what instants show under verbs of numbers (Go shows their insides there).

use gotemplate::rules::{self, AlertText, Sample};
use gotemplate::{Limits, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const VALUES: [&str; 22] = [
    "$value",
    ".Value",
    "$labels",
    "$labels.job",
    "$labels.missing",
    "$labels.instance",
    "1",
    "-3",
    "1.5",
    "1e6",
    "0x1F",
    "'a'",
    "\"text\"",
    "\"\"",
    "true",
    "(slice $labels.job 1)",
    "(args 1 \"b\" 2.5 nil)",
    "(query \"m2\" | sortByLabel \"id\" | first).Value",
    "(query \"m2\" | sortByLabel \"id\" | first).Labels",
    "(toTime 1643114203.5)",
    "(index $labels.job 0)",
    "(parseDuration \"1h30m\")",
];

const FORMATS: [&str; 36] = [
    "%v",
    "%+v",
    "%#v",
    "%s",
    "%q",
    "%d",
    "%x",
    "%X",
    "%o",
    "%b",
    "%c",
    "%U",
    "%e",
    "%E",
    "%f",
    "%F",
    "%g",
    "%G",
    "%t",
    "%T",
    "%5v|",
    "%-8v|",
    "%08v",
    "%.2f",
    "%8.3f",
    "%+d",
    "% d",
    "%#x",
    "%.3s",
    "%6.2q",
    "%%",
    "%",
    "%[1]v %[1]v",
    "%[2]v",
    "%*v",
    "%z",
];

const FUNCTIONS: [&str; 26] = [
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "toUpper",
    "toLower",
    "title",
    "stripPort",
    "graphLink",
    "tableLink",
    "len",
    "not",
    "html",
    "js",
    "urlquery",
    "print",
    "println",
    "print 1",
    "printf \"%v\"",
    "parseDuration",
    "safeHtml",
    "match \"a.i\"",
    "reReplaceAll \"[a-e]+\" \"<$0>\"",
    "toTime",
    "and true",
];

/// Templates around a value, which stands for `@`.
const FRAMES: [&str; 22] = [
    "{{ @ }}",
    "{{ if @ }}yes{{ else }}no{{ end }}",
    "{{ with @ }}{{ . }}{{ else }}none{{ end }}",
    "{{ range @ }}<{{ . }}>{{ else }}none{{ end }}",
    "{{ range $i, $x := @ }}{{ $i }}={{ $x }};{{ end }}",
    "{{ $x := @ }}{{ $x = 2 }}{{ $x }}",
    "{{ (@) }}",
    "{{ @ | @ }}",
    "{{ (@).Foo }}",
    "{{ (@).Foo.Bar }}",
    "{{ index (@) 0 }}",
    "{{ index (@) \"job\" }}",
    "{{ slice (@) 1 2 }}",
    "{{ slice (@) 9 }}",
    "{{ humanize @ @ }}",
    "{{ or @ \"default\" }}",
    "{{ and @ \"last\" }}",
    "{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" @ }}",
    "{{ template \"none\" @ }}",
    "{{ label \"id\" @ }}",
    "{{ first @ }}",
    "{{ call @ }}",
];

/// Templates that stand alone, most of them wrong.
const TEXTS: [&str; 60] = [
    "{{",
    "{{}}",
    "{{ if }}",
    "{{ if true }}",
    "{{ end }}",
    "{{ else }}",
    "{{ range }}{{ end }}",
    "{{ break }}",
    "{{ continue }}",
    "{{ range $labels }}{{ break 1 }}{{ end }}",
    "{{ 1 | 2 }}",
    "{{ nope }}",
    "{{ $nope }}",
    "{{ .a b }}",
    "{{ \"a }}",
    "{{ `a }}",
    "{{ 'a }}",
    "{{ 'ab' }}",
    "{{ (1 }}",
    "{{ 1) }}",
    "{{ 1 2 }}",
    "{{ true.x }}",
    "{{ nil }}",
    "{{ print nil }}",
    "{{ 089 }}",
    "{{ 0x }}",
    "{{ 1_000 }}",
    "{{ 99999999999999999999 }}",
    "{{ 18446744073709551615 }}",
    "{{ $x:=1 }}",
    "{{ $x := 1 }}{{ $x }}{{ end }}",
    "{{ $x, $y := 1 }}",
    "{{ range $a, $b, $c := $labels }}{{ end }}",
    "{{ template }}",
    "{{ template x }}",
    "{{ define }}{{ end }}",
    "{{ define \"a\" }}",
    "{{ block \"b\" }}{{ end }}",
    "{{ block \"b\" 1 }}<{{ . }}>{{ end }}",
    "{{ /* c */ }}",
    "{{/* c */}}x",
    "{{/* c }}",
    "{{/* c */ x }}",
    "a {{- 1 -}} b",
    "a {{-1 -}} b",
    "a\n{{- /* c */ -}}\nb",
    "{{ \"\\q\" }}",
    "{{ \"\\x41\\u00e9\" }}",
    "{{ @ }}",
    "{{ 1 + 2 }}",
    "{{ . }}",
    "{{ if true }}a{{ else if false }}b{{ else }}c{{ end }}",
    "{{ if false }}a{{ else if true }}b{{ else }}c{{ end }}",
    "{{ with 1 }}{{ else }}{{ else }}{{ end }}",
    "{{ $ }}",
    "{{ $.Value }}",
    "{{ \"{{\" }}",
    "{{\n$value\n| humanize\n}}",
    "{{ print (1\n }}",
    "x\ny\n{{ $value.X }}",
];

fn templates() -> Vec<String> {
    let mut all: Vec<String> = TEXTS.iter().map(|text| (*text).to_owned()).collect();
    for value in VALUES {
        all.extend(FRAMES.iter().map(|frame| frame.replace('@', value)));
        all.extend(FORMATS.iter().map(|format| format!("{{{{ printf \"{format}\" {value} }}}}")));
        all.extend(FUNCTIONS.iter().map(|function| format!("{{{{ {value} | {function} }}}}")));
        for other in VALUES {
            let comparisons = ["eq", "lt", "ge"];
            all.extend(comparisons.iter().map(|name| format!("{{{{ {name} {value} {other} }}}}")));
        }
    }
    all
}

/// What promtool makes of the templates: texts, and errors of those that it does not read.
fn oracle(promtool: &Path, templates: &[String]) -> BTreeMap<usize, String> {
    let dir = tempfile::tempdir().unwrap();
    let test = "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  \
                input_series:\n  - {series: 'm{instance=\"web-1:9100\",job=\"api\"}', values: '1234567.891 1234567.891'}\n  \
                - {series: 'm2{id=\"b\"}', values: '2 2'}\n  - {series: 'm2{id=\"a\"}', values: '1.5 1.5'}\n  \
                alert_rule_test:\n  - {eval_time: 1m, alertname: A, exp_alerts: []}\n";
    fs::write(dir.path().join("test.yml"), test).unwrap();
    let mut found = BTreeMap::new();
    for _ in 0..2 {
        let mut rules =
            "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: m > 1\n    annotations:\n"
                .to_owned();
        for (index, template) in templates.iter().enumerate() {
            if !found.contains_key(&index) {
                writeln!(rules, "      a{index}: {}", serde_json::to_string(template).unwrap())
                    .unwrap();
            }
        }
        fs::write(dir.path().join("rules.yml"), rules).unwrap();
        let output = Command::new(promtool)
            .args(["test", "rules", "test.yml"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        found.extend(refused(&printed));
        found.extend(expanded(&printed));
    }
    found
}

/// `... annotation "a7": template: ...`, one per line.
fn refused(printed: &str) -> Vec<(usize, String)> {
    let lines = printed.lines().filter_map(|line| line.split_once("annotation \"a"));
    let parts = lines.filter_map(|(_, rest)| rest.split_once("\": "));
    parts.map(|(index, error)| (index.parse().unwrap(), error.to_owned())).collect()
}

/// `Annotations:{a1="...", a2="..."}` with Go's quotes.
fn expanded(printed: &str) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    let Some((_, mut rest)) = printed.split_once("Annotations:{") else { return all };
    while let Some((name, quoted)) = rest.split_once("=\"") {
        let (text, behind) = unquote(quoted);
        all.push((name.trim_start_matches([',', ' ', 'a']).parse().unwrap(), text));
        if behind.starts_with('}') {
            break;
        }
        rest = behind;
    }
    all
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next().unwrap() {
            '"' => return (text, chars.as_str()),
            '\\' => {
                let escape = chars.next().unwrap();
                let digits = match escape {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                let hex: String = chars.by_ref().take(digits).collect();
                text.push(match escape {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'a' => '\x07',
                    'b' => '\x08',
                    'f' => '\x0c',
                    'v' => '\x0b',
                    'x' | 'u' | 'U' => {
                        char::from_u32(u32::from_str_radix(&hex, 16).unwrap()).unwrap()
                    }
                    plain => plain,
                });
            }
            plain => text.push(plain),
        }
    }
}

/// The series that promtool is given.
fn query(text: &str) -> Vec<Sample> {
    let sample = |id: &str, value| {
        let labels =
            [("__name__", "m2"), ("id", id)].map(|(name, value)| (name.into(), value.into()));
        Sample { labels: labels.into(), value }
    };
    if text == "m2" { vec![sample("a", 1.5), sample("b", 2.0)] } else { Vec::new() }
}

fn ours(template: &str) -> String {
    let text = match AlertText::parse("A", template) {
        Ok(text) => text,
        Err(error) => return error.to_string(),
    };
    let labels = [("__name__", "m"), ("instance", "web-1:9100"), ("job", "api")];
    let none = Value::string_map::<&str, &str>([]);
    let data = rules::data(Value::string_map(labels), none, "", 1_234_567.891.into());
    let mut query = |text: &str| Ok(query(text));
    let mut functions = rules::Functions { query: &mut query, now_seconds: 60.0, external_url: "" };
    let expanded = text.expand(&data, &mut functions, Limits::default());
    expanded.unwrap_or_else(|error| text.failure(&error))
}

/// Is the difference one of the known ones?
fn is_known(template: &str, theirs: &str, ours: &str) -> bool {
    let compares = ["incompatible types for comparison", "non-comparable type"];
    let both = |part: &str| theirs.contains(part) && ours.contains(part);
    both(compares[0])
        || theirs.contains("invalid type for comparison") && ours.contains(compares[1])
        || theirs.contains("range can't iterate over") && template.contains("range")
        || both("can't evaluate field")
            && (theirs.contains("struct {") || ours.contains("interface {}"))
        || both("error parsing regexp")
        || theirs.replace("*time.Time", "time.Time") == ours
        || template.contains("printf") && template.contains("toTime")
        // Pointers to equal instants are different; there are no pointers here.
        || template.contains("eq (toTime") && theirs == "false"
        || both("right paren")
        || ours.ends_with("unexpected right paren")
}

#[test]
fn annotations_expand_as_promtool_expands_them() {
    let Some(promtool) = testkit::find_program("promtool") else {
        return testkit::skip("gotemplate promtool", "promtool is not installed");
    };
    let templates = templates();
    let theirs = oracle(&promtool, &templates);
    assert_eq!(theirs.len(), templates.len(), "promtool answers for every template");
    let (mut equal, mut known, mut wrong) = (0, 0, Vec::new());
    for (index, template) in templates.iter().enumerate() {
        let (theirs, ours) = (&theirs[&index], ours(template));
        if *theirs == ours {
            equal += 1;
        } else if is_known(template, theirs, &ours) {
            known += 1;
        } else {
            wrong.push(format!("{template}\n  theirs: {theirs}\n  ours:   {ours}"));
        }
    }
    let score = format!("{equal} equal, {known} known differences, {} wrong", wrong.len());
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{score}\n{shown}");
    assert!(equal > 2400, "{score}");
}

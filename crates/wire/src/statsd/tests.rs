use super::read_line;
use expect_test::{Expect, expect};
use std::fmt::Write as _;

fn check(lines: &[&str], expect: &Expect) {
    let mut out = String::new();
    for line in lines {
        read_line(line.as_bytes(), &mut |read| match read {
            Ok(sample) => {
                let (name, tags, reading) = (sample.name, sample.tags, sample.reading);
                writeln!(out, "{name} {tags:?} {reading:?}").unwrap();
            }
            Err(fault) => writeln!(out, "{line}: {}", fault.as_str()).unwrap(),
        });
    }
    expect.assert_eq(&out);
}

#[test]
fn types_rates_and_deltas() {
    check(
        &[
            "a:1|c",
            "a:2|c|@0.5",
            "g:3|g",
            "g:-1|g",
            "g:+4.5|g",
            "t:320|ms|@0.1",
            "h:2|h",
            "d:2|d",
            "s:al|s",
            "",
        ],
        &expect![[r#"
            a [] Counter(1.0)
            a [] Counter(4.0)
            g [] Gauge(3.0)
            g [] GaugeDelta(-1.0)
            g [] GaugeDelta(4.5)
            t [] Observation { value: 0.32, times: 10 }
            h [] Observation { value: 2.0, times: 1 }
            d [] Observation { value: 2.0, times: 1 }
            s [] Member("al")
        "#]],
    );
}

#[test]
fn several_samples_and_values_of_a_line() {
    check(
        &["a:1|c:2|c|@0.1", "t:1:2:3|ms|#k:v", "t:1:2|c", "u:a.b:c|d|#url:http://x"],
        &expect![[r#"
            a [] Counter(1.0)
            a [] Counter(20.0)
            t [("k", "v")] Observation { value: 0.001, times: 1 }
            t [("k", "v")] Observation { value: 0.002, times: 1 }
            t [("k", "v")] Observation { value: 0.003, times: 1 }
            t:1:2|c: invalid_extended_aggregate_type
            u:a.b:c|d|#url:http://x: malformed_value
            u:a.b:c|d|#url:http://x: malformed_value
        "#]],
    );
}

#[test]
fn tags_of_four_dialects() {
    check(
        &[
            "a:1|c|#k:v,url:http://x,bare,:b",
            "a#k=v,l=w:1|c",
            "a,k=v:1|c",
            "a.b[k=v,l=w].c:1|c",
            "a[k=v:1|c",
            "a#k=v:1|c|#l:w",
            "a:1|c|#k:v|c:ci-1|T1656581400",
        ],
        &expect![[r#"
            a:1|c|#k:v,url:http://x,bare,:b: malformed_tag
            a:1|c|#k:v,url:http://x,bare,:b: malformed_tag
            a [("k", "v"), ("url", "http://x")] Counter(1.0)
            a [("k", "v"), ("l", "w")] Counter(1.0)
            a [("k", "v")] Counter(1.0)
            a.b.c [("k", "v"), ("l", "w")] Counter(1.0)
            a[k=v:1|c: malformed_tag
            a[k=v [] Counter(1.0)
            a#k=v:1|c|#l:w: mixed_tagging_styles
            a [("k", "v"), ("container_id", "ci-1")] Counter(1.0)
        "#]],
    );
}

#[test]
fn what_is_wrong_is_named_as_the_exporter_names_it() {
    check(
        &[
            "a",
            ":1|c",
            "a:1",
            "a:|c",
            "a:x|c",
            "a:1|",
            "a:1|c||",
            "a:1|c|@x",
            "a:1|c|@-1",
            "a:1|c|z",
            "a:1|c|c:",
            "a:1|c|Tx",
            "a:1|q",
            "a:inf|c",
            "_e{1,1}:a|b",
            "_sc|a|0",
            "a:1|c|@1|@1|@1|@1|@1|@1|@1",
        ],
        &expect![[r"
            a: malformed_line
            :1|c: malformed_line
            a:1: not_enough_parts_after_colon
            a:|c: malformed_value
            a:x|c: malformed_value
            a:1|: malformed_component
            a:1|c||: malformed_component
            a:1|c|@x: invalid_sample_factor
            a:1|c|@-1: invalid_sample_factor
            a:1|c|z: invalid_sample_factor
            a:1|c|c:: malformed_container_id
            a:1|c|c:: malformed_component
            a:1|c|Tx: malformed_timestamp
            a:1|q: illegal_event
            a:inf|c: malformed_value
            _e{1,1}:a|b: no_metric
            _sc|a|0: no_metric
            a:1|c|@1|@1|@1|@1|@1|@1|@1: malformed_component
        "]],
    );
    let mut faults = 0;
    read_line(b"a\xff:1|c", &mut |read| faults += usize::from(read.is_err()));
    assert_eq!(faults, 1);
}

#[test]
fn a_line_of_many_samples_is_cut_short() {
    let line = format!("a:{}", "1|c:".repeat(super::SAMPLES_MAX + 5));
    let (mut good, mut bad) = (0, 0);
    read_line(line.as_bytes(), &mut |read| if read.is_ok() { good += 1 } else { bad += 1 });
    assert_eq!((good, bad), (super::SAMPLES_MAX, 1));
}

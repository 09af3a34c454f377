//! Times and durations, compared with what upstream's `parseTime` and `parseDuration` accept.

use super::{Params, parse_duration, parse_selectors, parse_time};
use model::Timestamp;

#[test]
fn times() {
    let ms = |text: &str| parse_time(text).unwrap().ms();
    assert_eq!(ms("0"), 0);
    assert_eq!(ms("1435781451.781"), 1_435_781_451_781);
    assert_eq!(ms("1.4567"), 1457);
    assert_eq!(ms("-1.5"), -1500);
    assert_eq!(ms("1e9"), 1_000_000_000_000);
    assert_eq!(ms("2015-06-03T13:21:58.555Z"), 1_433_337_718_555);
    assert_eq!(ms("2015-06-03T14:21:58.5559+01:00"), 1_433_337_718_555);
    assert_eq!(ms("1969-12-31T23:59:59.9995Z"), -1);
    assert_eq!(parse_time("-292273086-05-16T16:47:06Z").unwrap(), Timestamp::MIN);
    assert_eq!(parse_time("292277025-08-18T07:12:54.999999999Z").unwrap(), Timestamp::MAX);
}

#[test]
fn not_times() {
    for text in [
        "",
        "foo",
        "30s",
        "NaN",
        "inf",
        "-Inf",
        "1e300",
        "2015-06-03",
        "2015-06-03T13:21:58",
        "2015-13-03T13:21:58Z",
        "\0",
        "１",
    ] {
        let error = parse_time(text).unwrap_err();
        assert!(error.starts_with("cannot parse \""), "{text}: {error}");
        assert!(error.ends_with("\" to a valid timestamp"), "{text}: {error}");
    }
}

#[test]
fn durations_in_nanoseconds() {
    let nanos = |text: &str| parse_duration(text).unwrap();
    assert_eq!(nanos("123"), 123_000_000_000);
    assert_eq!(nanos("0.0005"), 500_000);
    assert_eq!(nanos("-1"), -1_000_000_000);
    assert_eq!(nanos("5m"), 300_000_000_000);
    assert_eq!(nanos("1h30m10ms"), 5_400_010_000_000);
    assert_eq!(nanos("0"), 0);
}

#[test]
fn not_durations() {
    for text in ["", "foo", "5", "1y"] {
        let fine = parse_duration(text).is_ok();
        assert_eq!(fine, text == "5" || text == "1y", "{text}");
    }
    for text in ["NaN", "5 m", "m5", "1m1h", "-5m", "1.5h"] {
        let error = parse_duration(text).unwrap_err();
        assert!(error.ends_with("to a valid duration"), "{text}: {error}");
    }
    for text in ["1e30", "-1e30", "Inf", "9223372036.9"] {
        let error = parse_duration(text).unwrap_err();
        assert!(error.ends_with("to a valid duration. It overflows int64"), "{text}: {error}");
    }
    assert!(parse_duration("300y").unwrap_err().ends_with("to a valid duration"));
}

#[test]
fn parameters() {
    let params = Params::parse(b"a=1&b=&a=2&c=x%20y+z&match[]=up&%6datch[]=down&broken=%zz&d");
    assert_eq!(params.get("a"), Some("1"));
    assert_eq!(params.get("b"), None);
    assert_eq!(params.get("c"), Some("x y z"));
    assert_eq!(params.get("d"), None);
    assert_eq!(params.get("broken"), Some("%zz"));
    assert_eq!(params.all("match[]").collect::<Vec<_>>(), ["up", "down"]);
    assert_eq!(parse_selectors(&params.selector_texts().unwrap()).unwrap().len(), 2);
}

#[test]
fn truth_values() {
    let truth = |text: &str| Params::parse(format!("x={text}").as_bytes()).truth("x");
    for yes in ["1", "t", "T", "true", "TRUE", "True"] {
        assert_eq!(truth(yes), Ok(true), "{yes}");
    }
    for no in ["", "0", "f", "F", "false", "FALSE", "False"] {
        assert_eq!(truth(no), Ok(false), "{no}");
    }
    for other in ["yes", "tRUE", "2", " 1"] {
        assert!(truth(other).is_err(), "{other}");
    }
}

/// Whatever comes in, the parsers answer; nothing panics. The seed is fixed and printed on failure.
#[test]
fn arbitrary_texts_never_panic() {
    const SEED: u64 = 0x00f1_ba11;
    let mut state = SEED;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let alphabet: Vec<char> = "0123456789eE+-.:TZyhms _%&=nNaAiIfF\u{0}é{}\"[]".chars().collect();
    for _ in 0..20_000 {
        let length = next() % 24;
        let pick =
            |bits: u64| alphabet[usize::try_from(bits).unwrap_or(usize::MAX) % alphabet.len()];
        let text: String = (0..length).map(|_| pick(next())).collect();
        let outcome = std::panic::catch_unwind(|| {
            let params = Params::parse(format!("limit={text}&match[]={text}&{text}").as_bytes());
            (parse_time(&text).is_ok(), parse_duration(&text).is_ok(), params.limit().is_ok())
        });
        assert!(outcome.is_ok(), "seed {SEED:#x}: {text:?}");
    }
}

#[test]
fn regular_expressions_of_all_selectors_count_together() {
    let large = "up{a=~\"(\\\\pL{9}){9}\"}".to_owned();
    assert_eq!(parse_selectors(&vec![large.clone(); 6]).unwrap().len(), 6);
    let error = parse_selectors(&vec![large; 7]).unwrap_err();
    assert_eq!(error, "match[] would hold more than 64 MiB of regular expressions");
}

use super::*;
use crate::alert::Alert;
use crate::history::Verdict;
use crate::stage::{Stage, alert};
use crate::texts::Texts;
use model::Timestamp;
use sys::sim::SimRng;

fn text(is_snapshot: bool, changes: &[Change]) -> String {
    String::from_utf8(encode(is_snapshot, changes)).unwrap()
}

fn stored(labels: &[(&str, &str)], texts: &[(&str, &str)], ms: i64) -> Arc<StoredAlert> {
    let at = Timestamp::from_ms(ms);
    let alert = Alert {
        annotations: texts.iter().copied().collect(),
        generator_url: "http://p/".into(),
        ..alert(labels, at, None, at)
    };
    Arc::new(StoredAlert::new(alert, at))
}

fn change(stored: &Arc<StoredAlert>) -> Change {
    Change(What::Alert(Arc::clone(stored)))
}

fn decision(group_key: &str, alerts: &[u64]) -> Change {
    Change(What::Decision(DecisionRecord {
        at: Timestamp::from_ms(7),
        group_key: group_key.into(),
        receiver: "ops".into(),
        alerts: alerts.to_vec(),
        verdict: Verdict::Held { until: Timestamp::from_ms(9) },
    }))
}

#[test]
fn each_of_a_list_says_what_differs_from_the_one_before() {
    let labels = [("alertname", "Down"), ("instance", "a"), ("job", "n")];
    let a = stored(&labels, &[("summary", "a is down"), ("hint", "look")], 5);
    let labels = [("alertname", "Down"), ("instance", "b"), ("team", "x")];
    let b = stored(&labels, &[("summary", "b is down"), ("hint", "look")], 5);
    let c = stored(&[("alertname", "Down"), ("instance", "c"), ("team", "x")], &[], 6);
    let changes = [
        change(&a),
        change(&b),
        change(&c),
        decision("{}:{}", &[a.fingerprint, c.fingerprint]),
        decision("{}:{}", &[1]),
        Change(What::LetterGone("z".into())),
        change(&a),
    ];
    let first = r#"{"labels":{"alertname":"Down","instance":"a","job":"n"},"annotations":[["summary","a is down"],["hint","look"]],"starts_at":5,"ends_at":300005,"updated_at":5,"generator_url":"http://p/","ends_by_timeout":true,"occurrence":5,"end_is_saved":false}"#;
    let second = r#"{"labels":{"instance":"b","job":"","team":"x"},"texts":["b is down",null]}"#;
    let third = r#"{"labels":{"instance":"c"},"annotations":[],"starts_at":6,"ends_at":300006,"updated_at":6,"occurrence":6}"#;
    let decisions = r#"{"at":7,"group_key":"{}:{}","receiver":"ops","here":[0,2],"verdict":{"code":"held","until":9}},{"alerts":[1]}"#;
    let expected = format!(
        r#"{{"changes":[{{"alerts":[{first},{second},{third}]}},{{"decisions":[{decisions}]}},{{"letter_gone":"z"}},{{"alerts":[{first}]}}]}}"#
    );
    assert_eq!(text(false, &changes), expected);
    assert_eq!(decode(expected.as_bytes()).unwrap(), (false, changes.to_vec()));
    assert_eq!(text(true, &[]), r#"{"snapshot":true,"changes":[]}"#);
    assert_eq!(decode(br#"{"snapshot":true,"changes":[]}"#).unwrap(), (true, Vec::new()));
}

/// The alert of a decision is the one that stands before it, also where it stands behind it again.
#[test]
fn decisions_name_alerts_before_them() {
    let (a, b) = (stored(&[("a", "1")], &[], 1), stored(&[("a", "2")], &[], 2));
    let of_both = decision("g", &[a.fingerprint, b.fingerprint]);
    let changes = [change(&a), of_both.clone(), change(&b), change(&a), of_both];
    let written = text(false, &changes);
    assert_eq!(written.matches(r#""here":[2,1]"#).count(), 1, "{written}");
    assert_eq!(written.matches(r#""alerts":[{}"#).count(), 0, "{written}");
    assert_eq!(decode(written.as_bytes()).unwrap().1, changes);
}

#[test]
fn what_earlier_versions_wrote_is_read() {
    let a = stored(&[("a", "1"), ("b", "2")], &[("summary", "x")], 5);
    let before = r#"{"changes":[{"alert":{"alert":{"labels":{"a":"1","b":"2"},"annotations":[["summary","x"]],"starts_at":5,"ends_at":300005,"updated_at":5,"generator_url":"http://p/","ends_by_timeout":true},"fingerprint":FP,"occurrence":5,"end_is_saved":false}},{"decision":{"at":7,"group_key":"g","receiver":"ops","alerts":[FP],"verdict":{"code":"held","until":9}}}]}"#;
    let before = before.replace("FP", &a.fingerprint.to_string());
    let (_, changes) = decode(before.as_bytes()).unwrap();
    assert_eq!(changes, [change(&a), decision("g", &[a.fingerprint])]);
}

#[test]
fn what_is_no_record_is_refused() {
    let wrong = [
        r#"{"changes":[{"alerts":[{"labels":{"a":"1"}}]}]}"#,
        r#"{"changes":[{"alerts":[{}]}]}"#,
        r#"{"changes":[{"decisions":[{"here":[0]}]}]}"#,
        r#"{"changes":[{"decisions":[{"at":1,"group_key":"g","receiver":"r","here":[0],"verdict":{"code":"resolved_unheard"}}]}]}"#,
        r#"{"changes":[{"alerts":{}}]}"#,
        r#"{"changes":[{"nothing":1}]}"#,
        r"{}",
        "",
    ];
    for bytes in wrong {
        assert!(decode(bytes.as_bytes()).is_err(), "{bytes}");
    }
    let first = text(false, &[change(&stored(&[("a", "1")], &[("x", "y")], 5))]);
    let second = first.replace("}]}]}", r#"},{"labels":{},"texts":[null,"more"]}]}]}"#);
    assert!(decode(first.as_bytes()).is_ok() && decode(second.as_bytes()).is_err(), "{second}");
}

#[test]
fn what_is_read_is_what_was_written() {
    for seed in 0..300 {
        let mut rng = SimRng::new(seed);
        let mut known = Vec::new();
        let changes: Vec<Change> = (0..rng.below(30)).map(|_| any(&mut rng, &mut known)).collect();
        let is_snapshot = rng.coin();
        let bytes = encode(is_snapshot, &changes);
        assert_eq!(decode(&bytes).unwrap(), (is_snapshot, changes), "seed {seed}");
    }
}

fn any(rng: &mut SimRng, known: &mut Vec<u64>) -> Change {
    match rng.below(8) {
        0..=4 => {
            let stored = any_alert(rng);
            known.push(stored.fingerprint);
            change(&stored)
        }
        5 | 6 => {
            let mut alerts = vec![rng.next_u64()];
            alerts.truncate(rng.index(2));
            for _ in 0..rng.below(4) {
                alerts.extend(known.get(rng.index(known.len() + 1)));
            }
            decision(["g", "h"][rng.index(2)], &alerts)
        }
        _ => Change(What::Named(Labels::from_pairs([("a", "1")]))),
    }
}

fn any_alert(rng: &mut SimRng) -> Arc<StoredAlert> {
    const WORDS: [&str; 4] = ["", "x", "sagt \"nein\"\n", "\u{1f514}"];
    let pairs = |rng: &mut SimRng, names: [&'static str; 3]| {
        let mut pairs = Vec::new();
        for name in names {
            if rng.below(4) > 0 {
                pairs.push((name, WORDS[rng.index(4)]));
            }
        }
        pairs
    };
    let annotations: Texts = pairs(rng, ["summary", "summary", "z"]).into_iter().collect();
    let at = |rng: &mut SimRng| Stage::at(f64::from(u32::from(rng.coin())));
    let alert = Alert {
        labels: Labels::from_pairs(pairs(rng, ["a", "b", "ä c"])),
        annotations,
        starts_at: at(rng),
        ends_at: at(rng),
        updated_at: at(rng),
        generator_url: WORDS[rng.index(4)].into(),
        ends_by_timeout: rng.coin(),
    };
    let mut stored = StoredAlert::new(alert, at(rng));
    stored.end_is_saved = rng.coin();
    Arc::new(stored)
}

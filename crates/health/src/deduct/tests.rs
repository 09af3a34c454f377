use super::*;
use crate::Level;

const NOW: Timestamp = Timestamp::from_ms(60_000);

fn component(vital: &[&str]) -> Component {
    let vital = vital.iter().map(|name| (*name).to_owned()).collect();
    Component { name: "shop".to_owned(), vital, ..Component::default() }
}

/// What is left, and the lines as `points kind subject: reason`.
fn judged(vital: &[&str], evidence: &[Evidence]) -> (u8, Vec<String>) {
    let evidence: Vec<&Evidence> = evidence.iter().collect();
    let own = own(&component(vital), &evidence, NOW);
    let told = |line: Line| {
        format!("{} {} {}: {}", line.points, line.kind.as_str(), line.subject, line.reason)
    };
    (own.account.left(), own.account.into_lines().into_iter().map(told).collect())
}

fn reach(subject: &str, reach: Reach, reason: &str) -> Evidence {
    Evidence::new("shop", subject, Finding::Reach(reach)).because(reason, "")
}

fn up(count: usize) -> Vec<Evidence> {
    (0..count).map(|n| reach(&format!("up{n}"), Reach::Up, "")).collect()
}

fn find(subject: &str, finding: Finding) -> Evidence {
    Evidence::new("shop", subject, finding)
}

#[test]
fn everything_that_answers_costs_nothing() {
    assert_eq!(judged(&[], &up(3)), (100, vec![]));
}

#[test]
fn inv_102_a_component_without_evidence_is_unknown() {
    let own = own(&component(&[]), &[], NOW);
    assert!(!own.is_known);
    assert_eq!(own.account.left(), 50);
}

#[test]
fn targets_that_are_down_are_told_by_reason() {
    let mut all = up(6);
    all.push(reach("a", Reach::Down, "connection refused"));
    all.push(reach("b", Reach::Down, "timed out"));
    all.push(reach("c", Reach::Down, "timed out"));
    let (left, lines) = judged(&[], &all);
    assert_eq!(left, 66);
    let expected =
        ["23 down b, c: 2 of 9 down: timed out", "11 down a: 1 of 9 down: connection refused"];
    assert_eq!(lines, expected);
}

#[test]
fn many_names_are_cut_and_many_reasons_are_put_together() {
    let down = |n: usize| reach(&format!("t{n:02}"), Reach::Down, &format!("reason {n:02}"));
    let (left, lines) = judged(&[], &(0..15).map(down).collect::<Vec<_>>());
    assert_eq!((left, lines.len()), (0, REASONS_MAX));
    assert_eq!(lines[0], "40 down t09, t10, t11 and 3 more: 6 of 15 down: reason 09");
    let one_reason = (0..5).map(|n| reach(&format!("t{n}"), Reach::Down, "refused"));
    let (_, lines) = judged(&[], &one_reason.collect::<Vec<_>>());
    assert_eq!(lines, ["100 down t0, t1, t2 and 2 more: 5 of 5 down: refused"]);
}

#[test]
fn one_of_thousands_is_seen_and_one_that_is_left_does_not_hide_it() {
    let mut all = up(2000);
    all.push(reach("a", Reach::Down, ""));
    assert_eq!(judged(&[], &all).0, 89);
    let mut all: Vec<_> = (0..500).map(|n| reach(&format!("d{n}"), Reach::Down, "")).collect();
    all.extend(up(1));
    assert_eq!(judged(&[], &all).0, 1);
}

#[test]
fn inv_102_one_unknown_target_is_not_healthy() {
    let mut all = up(99);
    all.push(reach("new", Reach::Unknown, ""));
    let (left, lines) = judged(&[], &all);
    assert_eq!(left, 89);
    let limit = "10 unknown new: what is not known is not healthy: at most 89 points";
    assert_eq!(lines, [limit, "1 unknown new: 1 of 100 unknown: not asked yet"]);
}

#[test]
fn old_news_is_no_news() {
    let at = |ms| Evidence { expires: Some(Timestamp::from_ms(ms)), ..up(1).remove(0) };
    assert_eq!(judged(&[], &[at(60_001)]).0, 100);
    let (left, lines) = judged(&[], &[at(60_000)]);
    assert_eq!(left, 50);
    assert_eq!(lines, ["50 unknown up0: no news of it for too long"]);
    // What was down stays down.
    let down = Evidence { expires: Some(NOW), ..reach("a", Reach::Down, "") };
    assert_eq!(judged(&[], &[down]).0, 0);
}

#[test]
fn findings_on_one_subject_count_once_as_the_worst() {
    let all = [reach("a", Reach::Up, ""), reach("a", Reach::Down, "x"), reach("b", Reach::Up, "")];
    assert_eq!(judged(&[], &all).0, 50);
}

#[test]
fn a_vital_target_caps() {
    let mut all = up(9);
    all.push(reach("pay", Reach::Down, "status 500"));
    let (left, lines) = judged(&["pay"], &all);
    assert_eq!(left, 20);
    let limit = "69 vital pay: vital and down, so at most 20 points: status 500";
    assert_eq!(lines, [limit, "11 down pay: 1 of 10 down: status 500"]);
}

fn with_alerts(counts: [usize; 3]) -> u8 {
    let mut all = up(1);
    let severities = [Severity::Critical, Severity::Warning, Severity::Info];
    for (severity, count) in severities.into_iter().zip(counts) {
        for n in 0..count {
            all.push(find(&format!("{severity:?}{n}"), Finding::Alert(severity)));
        }
    }
    judged(&[], &all).0
}

#[test]
fn alerts_cost_by_severity_within_limits() {
    assert_eq!(with_alerts([1, 0, 0]), 60);
    assert_eq!(with_alerts([0, 1, 0]), 85);
    assert_eq!(with_alerts([0, 0, 1]), 97);
    assert_eq!(with_alerts([0, 9, 0]), 70);
    assert_eq!(with_alerts([0, 0, 9]), 94);
    assert_eq!(with_alerts([9, 9, 9]), 20);
}

#[test]
fn an_alert_of_many_instances_counts_once() {
    let mut all = up(1);
    for n in 0..5 {
        let severity = if n == 0 { Severity::Critical } else { Severity::Warning };
        all.push(find("Slow", Finding::Alert(severity)).because(format!("host {n}"), ""));
    }
    all.push(find("Slow", Finding::Alert(Severity::Critical)).because("host 9", ""));
    assert_eq!(judged(&[], &all), (60, vec!["40 alert Slow: 2 alerts; host 0".to_owned()]));
}

#[test]
fn levels_cost_between_their_limits() {
    let left = |values: &[f64]| {
        let level = |(n, &value): (usize, &f64)| {
            find(&format!("/{n}"), Finding::Level(Level { value, soft: 0.8, hard: 0.9 }))
        };
        let levels = values.iter().enumerate().map(level);
        judged(&[], &up(1).into_iter().chain(levels).collect::<Vec<_>>()).0
    };
    assert_eq!(left(&[0.5, 0.8]), 100);
    assert_eq!(left(&[0.8001]), 99);
    assert_eq!(left(&[0.95]), 80);
    assert_eq!(left(&[0.95, 0.95, 0.95]), 60);
}

#[test]
fn objectives_cost_by_their_worst() {
    let left = |findings: &[Finding]| {
        let named = findings.iter().enumerate().map(|(n, one)| find(&n.to_string(), *one));
        judged(&[], &up(1).into_iter().chain(named).collect::<Vec<_>>()).0
    };
    assert_eq!(left(&[Finding::Burn(1.0), Finding::Budget(1.0)]), 100);
    assert_eq!(left(&[Finding::Burn(14.4)]), 50);
    assert_eq!(left(&[Finding::Burn(14.4_f64.sqrt()), Finding::Burn(0.0)]), 75);
    assert_eq!(left(&[Finding::Budget(0.5), Finding::Budget(0.75)]), 90);
    assert_eq!(left(&[Finding::Burn(f64::INFINITY), Finding::Budget(-3.0)]), 30);
    assert_eq!(left(&[Finding::Burn(f64::NAN), Finding::Budget(f64::NAN)]), 100);
}

#[test]
fn collectors_without_data_cost_little() {
    let gaps = |count: usize| (0..count).map(|n| find(&n.to_string(), Finding::Gap));
    let left = |count| judged(&[], &up(1).into_iter().chain(gaps(count)).collect::<Vec<_>>()).0;
    assert_eq!((left(1), left(5), left(50)), (98, 90, 90));
}

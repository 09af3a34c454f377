//! INV-100, INV-101 and INV-102 for all layouts and all evidence; and what is remembered.

use health::{Band, CHANGES_MAX, Component, Criticality, Evidence, Finding, Judge, Kind, Layout};
use health::{Level, Reach, Report, Severity, Verdict};
use model::Timestamp;
use proptest::prelude::*;

const PARTS_MAX: usize = 6;

fn name(place: usize) -> String {
    format!("p{place}")
}

/// Parts that need earlier ones alone.
fn layouts() -> impl Strategy<Value = Vec<Component>> {
    let part = (0..3_u8, any::<u8>(), any::<bool>());
    prop::collection::vec(part, 1..=PARTS_MAX).prop_map(|parts| {
        let part = |(place, (criticality, needs, vital)): (usize, (u8, u8, bool))| Component {
            name: name(place),
            criticality: [Criticality::Minor, Criticality::Normal, Criticality::Critical]
                [usize::from(criticality)],
            depends_on: (0..place).filter(|bit| needs >> bit & 1 == 1).map(name).collect(),
            vital: vital.then(|| "s0".to_owned()).into_iter().collect(),
            ..Component::default()
        };
        parts.into_iter().enumerate().map(part).collect()
    })
}

fn findings() -> impl Strategy<Value = Finding> {
    prop_oneof![
        4 => (0..3_usize).prop_map(|n| Finding::Reach([Reach::Up, Reach::Unknown, Reach::Down][n])),
        2 => (0..3_usize).prop_map(|n| {
            Finding::Alert([Severity::Info, Severity::Warning, Severity::Critical][n])
        }),
        1 => (0.0..1.2_f64).prop_map(|value| Finding::Level(Level { value, soft: 0.5, hard: 1.0 })),
        1 => (0.0..20.0_f64).prop_map(Finding::Burn),
        1 => (-0.5..1.0_f64).prop_map(Finding::Budget),
        1 => Just(Finding::Gap),
    ]
}

/// Evidence of parts, some of it of none.
fn evidence() -> impl Strategy<Value = Vec<Evidence>> {
    let one = (0..=PARTS_MAX, 0..12_usize, findings()).prop_map(|(part, subject, finding)| {
        Evidence::new(&name(part), &format!("s{subject}"), finding)
    });
    prop::collection::vec(one, 0..40)
}

/// The same finding, a little or much worse; none when it cannot be worse.
fn worse(finding: Finding, by: f64) -> Option<Finding> {
    Some(match finding {
        Finding::Reach(Reach::Up) if by < 0.5 => Finding::Reach(Reach::Unknown),
        Finding::Reach(Reach::Up | Reach::Unknown) => Finding::Reach(Reach::Down),
        Finding::Alert(Severity::Info) if by < 0.5 => Finding::Alert(Severity::Warning),
        Finding::Alert(Severity::Info | Severity::Warning) => Finding::Alert(Severity::Critical),
        Finding::Level(level) => Finding::Level(Level { value: level.value + by, ..level }),
        Finding::Burn(rate) => Finding::Burn(rate + by * 10.0),
        Finding::Budget(left) => Finding::Budget(left - by),
        Finding::Reach(Reach::Down) | Finding::Alert(Severity::Critical) | Finding::Gap => {
            return None;
        }
    })
}

fn judge(parts: &[Component], evidence: &[Evidence]) -> Report {
    let layout = Layout::new(parts.to_vec()).expect("parts need earlier ones alone");
    Judge::default().step(Timestamp::from_ms(0), &layout, evidence)
}

fn all(report: &Report) -> impl Iterator<Item = &Verdict> {
    report.components.iter().chain([&report.whole])
}

fn never_raised(before: &Report, after: &Report) -> Result<(), TestCaseError> {
    for (before, after) in all(before).zip(all(after)) {
        match (before.score, after.score) {
            (Some(b), Some(a)) => {
                prop_assert!(a <= b, "INV-101: {} {b} -> {a}", before.component);
            }
            // What was unknown may turn out to be anything but healthy.
            (None, Some(a)) => prop_assert!(a < 90, "INV-102: {} {a}", before.component),
            (_, None) => {}
        }
        let is_healthy = |verdict: &Verdict| verdict.band == Band::Healthy;
        prop_assert!(is_healthy(before) || !is_healthy(after));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn inv_100_points_sum_to_the_score(parts in layouts(), evidence in evidence()) {
        for verdict in all(&judge(&parts, &evidence)) {
            let points: u32 = verdict.deductions.iter().map(|one| u32::from(one.points)).sum();
            if let Some(score) = verdict.score {
                prop_assert_eq!(points + u32::from(score), 100);
            }
        }
    }

    #[test]
    fn inv_101_worse_evidence_never_raises_a_score(
        parts in layouts(),
        evidence in evidence(),
        which in any::<prop::sample::Index>(),
        by in 0.0..1.0_f64,
    ) {
        prop_assume!(!evidence.is_empty());
        let place = which.index(evidence.len());
        let Some(finding) = worse(evidence[place].finding, by) else { return Ok(()) };
        let mut after = evidence.clone();
        after[place].finding = finding;
        never_raised(&judge(&parts, &evidence), &judge(&parts, &after))?;
    }

    #[test]
    fn inv_101_further_trouble_never_raises_a_score(
        parts in layouts(),
        evidence in evidence(),
        more in (0..=PARTS_MAX, 0..12_usize, findings()),
    ) {
        let (part, subject, finding) = more;
        prop_assume!(finding != Finding::Reach(Reach::Up));
        prop_assume!(finding != Finding::Reach(Reach::Unknown));
        let mut after = evidence.clone();
        after.push(Evidence::new(&name(part), &format!("s{subject}"), finding));
        never_raised(&judge(&parts, &evidence), &judge(&parts, &after))?;
    }

    #[test]
    fn inv_102_what_is_not_known_is_not_healthy(parts in layouts(), evidence in evidence()) {
        let report = judge(&parts, &evidence);
        for verdict in all(&report) {
            let is_unknown = verdict.deductions.iter().any(|one| one.kind == Kind::Unknown);
            let is_healthy = verdict.band == Band::Healthy;
            prop_assert!(!(is_unknown && is_healthy), "{verdict:?}");
            prop_assert_eq!(verdict.score.is_none(), verdict.band == Band::Unknown);
        }
    }

    #[test]
    fn the_order_of_evidence_does_not_matter(parts in layouts(), evidence in evidence()) {
        let scores = |evidence: &[Evidence]| -> Vec<Option<u8>> {
            all(&judge(&parts, evidence)).map(|verdict| verdict.score).collect()
        };
        let mut reversed = evidence.clone();
        reversed.reverse();
        prop_assert_eq!(scores(&evidence), scores(&reversed));
    }
}

fn web(reach: Reach) -> [Evidence; 1] {
    [Evidence::new("web", "a", Finding::Reach(reach)).because("refused", "")]
}

fn web_layout() -> Layout {
    let web = Component { name: "web".to_owned(), ..Component::default() };
    Layout::new(vec![web]).expect("one component")
}

#[test]
fn trouble_is_remembered_from_its_beginning() {
    let (mut judge, layout) = (Judge::default(), web_layout());
    let mut since = |ms, reach| {
        let report = judge.step(Timestamp::from_ms(ms), &layout, &web(reach));
        report.components[0].deductions.first().map(|one| one.since.ms())
    };
    assert_eq!(since(1000, Reach::Up), None);
    assert_eq!(since(2000, Reach::Down), Some(2000));
    assert_eq!(since(3000, Reach::Down), Some(2000));
    assert_eq!(since(1500, Reach::Down), Some(1500), "a clock that went back");
    assert_eq!(since(4000, Reach::Up), None);
    assert_eq!(since(5000, Reach::Down), Some(5000));
}

#[test]
fn changes_are_kept_within_their_limit() {
    let (mut judge, layout) = (Judge::default(), web_layout());
    for n in 0..=400 {
        let reach = if n % 2 == 0 { Reach::Up } else { Reach::Down };
        judge.step(Timestamp::from_ms(n), &layout, &web(reach));
    }
    assert_eq!(judge.changes().count(), CHANGES_MAX);
    let last = judge.changes().next_back().expect("there are changes");
    assert_eq!((last.from, last.to), (Band::Critical, Band::Healthy));
    let fall =
        judge.changes().rev().find(|change| change.component == "web" && change.to < change.from);
    assert_eq!(fall.map(|fall| fall.reason.as_str()), Some("a: refused"));
}

#[test]
fn very_many_deductions_are_told_together() {
    let all: Vec<Evidence> = (0..90)
        .map(|n| Evidence::new("web", &format!("A{n:02}"), Finding::Alert(Severity::Warning)))
        .collect();
    let report = Judge::default().step(Timestamp::from_ms(0), &web_layout(), &all);
    let deductions = &report.components[0].deductions;
    assert_eq!(deductions.len(), 50);
    assert!(deductions.iter().any(|one| one.subject == "42 more"), "{deductions:?}");
}

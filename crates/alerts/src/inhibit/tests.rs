use super::*;
use model::MatchOp;

fn source(matchers: Vec<Matcher>, equal: &[&str]) -> InhibitSource {
    InhibitSource { matchers, equal: equal.iter().map(ToString::to_string).collect() }
}

fn rule(sources: Vec<InhibitSource>, target: Vec<Matcher>) -> InhibitRule {
    InhibitRule { name: None, sources, target }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::from_pairs(pairs.iter().copied())
}

/// Who inhibits an alert when all of these fire.
fn inhibiting(rules: &[InhibitRule], firing: &[Labels], target: &Labels) -> Vec<Labels> {
    let mut inhibitor = Inhibitor::new(rules);
    for labels in firing {
        inhibitor.note(labels);
    }
    inhibitor.inhibiting(target, |_| true)
}

#[test]
fn equal_labels_must_be_equal_and_missing_ones_are_empty() {
    let rules = [rule(
        vec![source(vec![Matcher::equal("s", "1")], &["e"])],
        vec![Matcher::equal("t", "1")],
    )];
    let with = labels(&[("s", "1"), ("e", "1")]);
    let without = labels(&[("s", "1")]);
    let firing = [with.clone(), without.clone()];
    assert_eq!(inhibiting(&rules, &firing, &labels(&[("t", "1"), ("e", "1")])), [with]);
    assert_eq!(inhibiting(&rules, &firing, &labels(&[("t", "1"), ("e", "2")])), []);
    assert_eq!(inhibiting(&rules, &firing, &labels(&[("t", "1")])), [without]);
    assert_eq!(inhibiting(&rules, &firing, &labels(&[("t", "2"), ("e", "1")])), []);
}

#[test]
fn alerts_that_match_both_sides_do_not_inhibit_one_another() {
    let rules = [rule(
        vec![source(vec![Matcher::equal("s", "1")], &["e"])],
        vec![Matcher::equal("t", "1")],
    )];
    let both = labels(&[("s", "1"), ("t", "1"), ("e", "1"), ("n", "1")]);
    let other = labels(&[("s", "1"), ("t", "1"), ("e", "1"), ("n", "2")]);
    assert_eq!(inhibiting(&rules, &[both.clone(), other], &both), []);
    let target = labels(&[("t", "1"), ("e", "1")]);
    let alone = std::slice::from_ref(&both);
    assert_eq!(inhibiting(&rules, alone, &target), alone);
    // A source that matches one side only counts, whoever else is there.
    let pure = labels(&[("s", "1"), ("e", "1")]);
    assert_eq!(inhibiting(&rules, &[pure.clone(), both.clone()], &both), [pure]);
}

#[test]
fn every_source_of_a_rule_must_fire() {
    let down = |what: &str| source(vec![Matcher::equal("down", what)], &["zone"]);
    let rules = [rule(vec![down("power"), down("net")], vec![Matcher::equal("alertname", "Host")])];
    let (power, net) = (labels(&[("down", "power")]), labels(&[("down", "net")]));
    let target = labels(&[("alertname", "Host")]);
    assert_eq!(inhibiting(&rules, std::slice::from_ref(&power), &target), []);
    assert_eq!(inhibiting(&rules, &[power.clone(), net.clone()], &target), [net, power]);
}

#[test]
fn what_has_ended_or_is_forgotten_inhibits_nothing() {
    let severity = |value: &str| Matcher::new(MatchOp::Equal, "severity", value).unwrap();
    let rules = [rule(vec![source(vec![severity("critical")], &[])], vec![severity("low")])];
    let (critical, low) = (labels(&[("severity", "critical")]), labels(&[("severity", "low")]));
    let mut inhibitor = Inhibitor::new(&rules);
    inhibitor.note(&critical);
    assert_eq!(inhibitor.inhibiting(&low, |_| false), []);
    assert_eq!(inhibitor.inhibiting(&low, |_| true), std::slice::from_ref(&critical));
    inhibitor.forget(&critical);
    assert_eq!(inhibitor.inhibiting(&low, |_| true), []);
}

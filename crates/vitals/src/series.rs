//! Health as series, so that its history is kept and rules can use it. What is unknown has no
//! score: its series ends.

use crate::Vitals;
use crate::answer::lines;
use crate::world::OwnPart;
use exposition::Family;
use health::{Kind, Verdict};
use model::Labels;
use std::collections::BTreeMap;

impl Vitals {
    /// Scores, and the points that are missing, by component; the whole is `system`.
    pub fn families(&self) -> Vec<Family> {
        let mut scores = Family::gauge(
            "flyball_health_score",
            "Health of a component from 0 to 100; the whole is system. Unknown has no score.",
        );
        let mut points = Family::gauge(
            "flyball_health_deduction_points",
            "Points that are missing from the health of a component, by what they are for.",
        );
        let help = "How long the last judgement of health took.";
        let took = Family::gauge("flyball_health_judgement_duration_seconds", help);
        if let Some(report) = self.shown().report {
            for verdict in report.components.iter().chain([&report.whole]) {
                if let Some(score) = verdict.score {
                    let labels = Labels::from_pairs([("component", &verdict.component)]);
                    scores.push(labels, f64::from(score));
                }
                for (kind, sum) in by_kind(verdict) {
                    let labels = [("component", verdict.component.as_str()), ("kind", kind)];
                    points.push(Labels::from_pairs(labels), f64::from(sum));
                }
            }
        }
        vec![points, took.with(self.took().as_secs_f64()), scores]
    }

    /// The components as `/healthz?verbose` lists them.
    pub fn lines(&self) -> Vec<OwnPart> {
        lines(&self.shown())
    }
}

fn by_kind(verdict: &Verdict) -> BTreeMap<&'static str, u32> {
    let mut sums = BTreeMap::new();
    for deduction in verdict.deductions.iter().filter(|one| one.points > 0) {
        *sums.entry(Kind::as_str(deduction.kind)).or_insert(0) += u32::from(deduction.points);
    }
    sums
}

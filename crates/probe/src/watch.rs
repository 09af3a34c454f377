//! What is remembered between probes of one target on a schedule: how often in a row it went well
//! or badly, and the certificates that were seen last. Pure: outcomes in, series out.

use crate::{Outcome, Unknown};
use exposition::Family;
use model::{Labels, Timestamp};
use net::Certificate;

/// Certificates of a target that are told of at most.
const CERTIFICATES_MAX: usize = 10;

/// How many outcomes in a row change the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Thresholds {
    /// Successes until the target is healthy, at least 1.
    pub healthy: u32,
    /// Failures until it is not, at least 1.
    pub unhealthy: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { healthy: 2, unhealthy: 2 }
    }
}

/// The memory of one target.
#[derive(Clone, Debug)]
pub struct Watch {
    thresholds: Thresholds,
    /// `None` until enough outcomes agree: unknown is not healthy.
    healthy: Option<bool>,
    /// The last outcome, and how often in a row it was that.
    last: bool,
    in_a_row: u32,
    /// How often in a row nobody could ask.
    unknown_in_a_row: u32,
    certificates: Vec<Certificate>,
    seen_at: Option<Timestamp>,
}

impl Watch {
    /// Nothing is known yet.
    pub fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            healthy: None,
            last: false,
            in_a_row: 0,
            unknown_in_a_row: 0,
            certificates: Vec::new(),
            seen_at: None,
        }
    }

    /// Is the target healthy? `None`: nobody knows, yet or any more (INV-102).
    pub fn healthy(&self) -> Option<bool> {
        self.healthy.filter(|_| self.unknown_in_a_row == 0)
    }

    /// Could nobody ask the last time?
    pub fn is_unknown(&self) -> bool {
        self.unknown_in_a_row > 0
    }

    /// Takes that nobody could ask, and gives all series of this moment: the verdict is not told,
    /// and is forgotten when that goes on.
    pub fn note_unknown(&mut self, now: Timestamp, reason: Unknown) -> Vec<Family> {
        self.unknown_in_a_row = self.unknown_in_a_row.saturating_add(1);
        if self.unknown_in_a_row >= self.thresholds.unhealthy {
            self.healthy = None;
            self.in_a_row = 0;
        }
        let help = "Why nobody knows how the target is: its worker gives no answer (1).";
        let mut family = Family::gauge("flyball_probe_unknown", help);
        family.push(Labels::from_pairs([("reason", reason.name())]), 1.0);
        let mut families = vec![family];
        families.extend(self.certificate_families(now));
        families
    }

    /// Takes an outcome and gives all series of this moment.
    pub fn note(&mut self, now: Timestamp, outcome: Outcome) -> Vec<Family> {
        self.unknown_in_a_row = 0;
        self.in_a_row =
            if outcome.success == self.last { self.in_a_row.saturating_add(1) } else { 1 };
        self.last = outcome.success;
        let Thresholds { healthy, unhealthy } = self.thresholds;
        let enough = if outcome.success { healthy } else { unhealthy };
        if self.in_a_row >= enough {
            self.healthy = Some(outcome.success);
        }
        if !outcome.certificates.is_empty() {
            self.certificates = outcome.certificates;
            self.certificates.truncate(CERTIFICATES_MAX);
            self.seen_at = Some(now);
        }
        let mut families = outcome.families;
        families.extend(self.health_families());
        if let Some(reason) = outcome.reason {
            let help = "Why the last probe failed; there is no series after a success.";
            let mut family = Family::gauge("flyball_probe_failure", help);
            family.push(Labels::from_pairs([("reason", reason.name())]), 1.0);
            families.push(family);
        }
        families.extend(self.certificate_families(now));
        families
    }

    fn health_families(&self) -> Vec<Family> {
        let help = "Whether the target is healthy (1) or not (0) by enough probes in a row; there \
                    is no series before.";
        let flag = |healthy| f64::from(u8::from(healthy));
        let family = |healthy| Family::gauge("flyball_probe_healthy", help).with(flag(healthy));
        self.healthy.into_iter().map(family).collect()
    }

    fn certificate_families(&self, now: Timestamp) -> Vec<Family> {
        let Some(seen_at) = self.seen_at else { return Vec::new() };
        let mut ends = Family::gauge(
            "flyball_probe_certificate_expiry_timestamp_seconds",
            "When a certificate that the target showed last expires, by its position in the chain.",
        );
        for (position, certificate) in self.certificates.iter().enumerate() {
            let position = position.to_string();
            let labels = Labels::from_pairs([
                ("common_name", certificate.common_name.as_str()),
                ("position", &position),
                ("serialnumber", &certificate.serial),
            ]);
            ends.push(labels, certificate.not_after as f64);
        }
        let age = Family::gauge(
            "flyball_probe_certificate_age_seconds",
            "Time since the target showed its certificates; 0 when the last probe saw them.",
        );
        vec![ends, age.with(now.since(seen_at).as_secs_f64())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;
    use std::time::Duration;

    fn outcome(success: bool) -> Outcome {
        Outcome {
            success,
            reason: (!success).then_some(Reason::Connect),
            families: Vec::new(),
            certificates: Vec::new(),
            log: String::new(),
            duration: Duration::ZERO,
            conditions: Vec::new(),
            findings: crate::Findings::default(),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(seconds * 1000)
    }

    #[test]
    fn enough_outcomes_in_a_row_change_the_verdict() {
        let mut watch = Watch::new(Thresholds { healthy: 2, unhealthy: 3 });
        let mut verdicts = String::new();
        for c in "+-++--+---+-++".chars() {
            drop(watch.note(at(0), outcome(c == '+')));
            verdicts.push(match watch.healthy() {
                None => '?',
                Some(true) => '+',
                Some(false) => '-',
            });
        }
        assert_eq!(verdicts, "???++++++----+");
    }

    #[test]
    fn unknown_is_told_by_no_series() {
        let mut watch = Watch::new(Thresholds::default());
        let names = |families: Vec<Family>| -> Vec<String> {
            families.into_iter().map(|family| family.name).collect()
        };
        assert_eq!(names(watch.note(at(0), outcome(false))), ["flyball_probe_failure"]);
        let second = names(watch.note(at(30), outcome(false)));
        assert_eq!(second, ["flyball_probe_healthy", "flyball_probe_failure"]);
        drop(watch.note(at(60), outcome(true)));
        assert_eq!(names(watch.note(at(90), outcome(true))), ["flyball_probe_healthy"]);
    }

    #[test]
    fn what_nobody_could_ask_is_unknown_and_soon_forgotten() {
        let mut watch = Watch::new(Thresholds { healthy: 2, unhealthy: 3 });
        let mut verdicts = String::new();
        for c in "++u+uu-uuu-+--".chars() {
            let families = match c {
                'u' => watch.note_unknown(at(0), Unknown::Connect),
                c => watch.note(at(0), outcome(c == '+')),
            };
            let told = families.iter().any(|family| family.name == "flyball_probe_healthy");
            assert_eq!(told, watch.healthy().is_some(), "{verdicts}");
            verdicts.push(match watch.healthy() {
                None => '?',
                Some(true) => '+',
                Some(false) => '-',
            });
        }
        assert_eq!(verdicts, "?+?+??+???????");
    }

    #[test]
    fn certificates_are_kept_with_their_age_when_probes_fail() {
        let params = rcgen::CertificateParams::new(vec!["a.example".into()]).unwrap();
        let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let certificate = Certificate::parse(certificate.der()).unwrap();
        let mut watch = Watch::new(Thresholds::default());
        let seen = Outcome { certificates: vec![certificate.clone()], ..outcome(true) };
        drop(watch.note(at(100), seen));
        let families = watch.note(at(160), outcome(false));
        let value = |name: &str| {
            let family = families.iter().find(|family| family.name == name).expect(name);
            family.points[0].value
        };
        let ends = value("flyball_probe_certificate_expiry_timestamp_seconds");
        assert_eq!(ends, certificate.not_after as f64);
        assert_eq!(value("flyball_probe_certificate_age_seconds"), 60.0);
    }
}

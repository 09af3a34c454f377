//! Evidence as it comes together: what targets and alerts say, each in the component it belongs to.

use crate::homes::Homes;
use crate::remedy;
use crate::world::{FiringAlert, OwnPart, TargetState};
use health::{Evidence, Finding, Reach, Severity};
use model::{INSTANCE_LABEL, JOB_LABEL, Labels};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeSet;
use std::time::Duration;

/// A target that was not scraped for so many of its intervals says nothing any more.
const INTERVALS_KNOWN: u32 = 3;
/// Besides, for scrapes that take long and clocks that are set.
const KNOWN_LONGER: Duration = Duration::from_secs(30);
/// Pages with more.
const TARGETS_LINK: &str = "/targets";

/// All evidence of one judgement.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) evidence: Vec<Evidence>,
    /// Targets of the schedule of which it is known whether they are well, by job and instance.
    pub(crate) judged_probes: BTreeSet<(String, String)>,
}

impl Gathered {
    pub(crate) fn push(&mut self, evidence: Evidence) {
        self.evidence.push(evidence);
    }

    /// Says whether the target with these labels can be reached.
    pub(crate) fn reach(
        &mut self,
        homes: &Homes<'_>,
        labels: &Labels,
        reach: Reach,
        reason: String,
    ) {
        let remedy = remedy::of(&reason);
        let evidence = Evidence::new(homes.of(labels), instance(labels), Finding::Reach(reach));
        let link = TARGETS_LINK.to_owned();
        self.push(Evidence { link, ..evidence.because(reason, remedy) });
    }

    /// What scraping says. Call it after what the storage knows of probes was added.
    pub(crate) fn targets(&mut self, homes: &Homes<'_>, targets: &[TargetState]) {
        for target in targets {
            let of = |name| target.labels.get(name).unwrap_or_default().to_owned();
            let whom = (of(JOB_LABEL), of(INSTANCE_LABEL));
            let is_open = target.is_probe && !self.judged_probes.contains(&whom);
            let mut reach = target.reach;
            let mut reason = target.error.clone();
            if is_open && reach == Reach::Up {
                reach = Reach::Unknown;
                "not probed often enough yet".clone_into(&mut reason);
            }
            let known = target.interval * INTERVALS_KNOWN + KNOWN_LONGER;
            let remedy = remedy::of(&reason);
            let evidence = Evidence::new(
                homes.of(&target.labels),
                instance(&target.labels),
                Finding::Reach(reach),
            );
            self.push(Evidence {
                expires: target.last_scrape.map(|last| last.saturating_add(known)),
                link: TARGETS_LINK.to_owned(),
                ..evidence.because(reason, remedy)
            });
        }
    }

    /// Alerts that fire. Those that always fire, to prove that alerts arrive, have the severity
    /// `none` and say nothing about health.
    pub(crate) fn alerts(&mut self, homes: &Homes<'_>, alerts: &[FiringAlert]) {
        for FiringAlert { labels, annotations } in alerts {
            let severity = labels.get("severity").unwrap_or_default();
            if severity == "none" {
                continue;
            }
            let name = labels.get("alertname").unwrap_or("alert");
            let text = |names: &[&str]| {
                let found = names.iter().find_map(|name| {
                    annotations.iter().find(|(key, text)| key == name && !text.is_empty())
                });
                found.map_or(String::new(), |(_, text)| text.clone())
            };
            let reason = text(&["summary", "description", "message"]);
            let remedy = text(&["remediation", "runbook_url", "runbook"]);
            let filter = format!("{{alertname=\"{name}\"}}");
            let link = format!("/alerts?filter={}", utf8_percent_encode(&filter, NON_ALPHANUMERIC));
            let finding = Finding::Alert(Severity::of(severity));
            let evidence = Evidence::new(homes.of(labels), name, finding);
            self.push(Evidence { link, ..evidence.because(reason, remedy) });
        }
    }

    /// Parts of the server itself.
    pub(crate) fn parts(&mut self, homes: &Homes<'_>, parts: &[OwnPart]) {
        for OwnPart { name, works, message } in parts {
            let reach = if *works { Reach::Up } else { Reach::Down };
            let subject = format!("part {name}");
            let evidence = Evidence::new(homes.own(), &subject, Finding::Reach(reach));
            let reason = if *works { "" } else { message };
            let link = "/status".to_owned();
            self.push(Evidence { link, ..evidence.because(reason, "Read the server's log.") });
        }
    }
}

/// Name of a target within its job.
pub(crate) fn instance(labels: &Labels) -> &str {
    labels.get(INSTANCE_LABEL).unwrap_or_default()
}

//! Evidence as it comes together: what targets and alerts say, each in the component it belongs to.

use crate::homes::Homes;
use crate::remedy;
use crate::world::{FiringAlert, OwnPart, TargetState};
use health::{Evidence, Finding, Reach, Severity};
use model::{INSTANCE_LABEL, JOB_LABEL, Labels};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A target that was not scraped for so many of its intervals says nothing any more.
const INTERVALS_KNOWN: u32 = 3;
/// Besides, for scrapes that take long and clocks that are set.
const KNOWN_LONGER: Duration = Duration::from_secs(30);
/// Pages with more.
const TARGETS_LINK: &str = "/targets";

/// Series with the verdicts on targets of the schedule.
pub(crate) const VERDICT: &str = "flyball_probe_healthy";
/// Label of the place that probes.
pub(crate) const LOCATION_LABEL: &str = "location";

/// Which target a sample is about: job, instance and, of probes, the location that probes.
pub(crate) type Whom = (String, String, String);

pub(crate) fn whom(labels: &Labels) -> Whom {
    let of = |name| labels.get(name).unwrap_or_default().to_owned();
    (of(JOB_LABEL), of(INSTANCE_LABEL), of(LOCATION_LABEL))
}

/// All evidence of one judgement.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) evidence: Vec<Evidence>,
    /// Targets of the schedule of which it is known whether they are well.
    pub(crate) judged_probes: BTreeSet<Whom>,
    /// Targets of the schedule of which nobody can know that, and why.
    pub(crate) unknown_probes: BTreeMap<Whom, String>,
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
        let is_scheduled = labels.metric_name() == Some(VERDICT);
        let subject = if is_scheduled { probed(labels) } else { instance(labels).into() };
        let evidence = Evidence::new(homes.of(labels), &subject, Finding::Reach(reach));
        let link = TARGETS_LINK.to_owned();
        self.push(Evidence { link, ..evidence.because(reason, remedy) });
    }

    /// What scraping says. Call it after what the storage knows of probes was added.
    pub(crate) fn targets(&mut self, homes: &Homes<'_>, targets: &[TargetState]) {
        for target in targets {
            let whom = whom(&target.labels);
            let is_open = target.is_probe && !self.judged_probes.contains(&whom);
            let mut reach = target.reach;
            let mut reason = target.error.clone();
            if is_open && reach == Reach::Up {
                reach = Reach::Unknown;
                let why = self.unknown_probes.get(&whom).map(String::as_str);
                why.unwrap_or("not probed often enough yet").clone_into(&mut reason);
            }
            let known = target.interval * INTERVALS_KNOWN + KNOWN_LONGER;
            let remedy = remedy::of(&reason);
            let labels = &target.labels;
            let subject = if target.is_probe { probed(labels) } else { instance(labels).into() };
            let evidence = Evidence::new(homes.of(labels), &subject, Finding::Reach(reach));
            self.push(Evidence {
                expires: target.last_scrape.map(|last| last.saturating_add(known)),
                link: TARGETS_LINK.to_owned(),
                ..evidence.because(reason, remedy)
            });
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

/// Alerts of one name and severity in one component.
struct Alike {
    /// Of the one whose texts are told: the first by its labels.
    labels: Labels,
    count: usize,
    reason: String,
    remedy: String,
}

impl Alike {
    fn new(alert: &FiringAlert<'_>) -> Self {
        let text = |names: &[&str]| {
            let mut texts = names.iter().filter_map(|name| (alert.annotation)(name));
            texts.find(|text| !text.is_empty()).unwrap_or_default()
        };
        Self {
            labels: alert.labels.clone(),
            count: 0,
            reason: text(&["summary", "description", "message"]),
            remedy: text(&["remediation", "runbook_url", "runbook"]),
        }
    }
}

/// Alerts that fire, as they are seen one by one: what is kept grows with their names alone.
pub(crate) struct SeenAlerts<'h> {
    homes: &'h Homes<'h>,
    /// By component, name and severity.
    alike: BTreeMap<&'h str, BTreeMap<String, BTreeMap<Severity, Alike>>>,
}

impl<'h> SeenAlerts<'h> {
    pub(crate) fn new(homes: &'h Homes<'h>) -> Self {
        Self { homes, alike: BTreeMap::new() }
    }

    /// One more. Those that always fire, to prove that alerts arrive, have the severity `none` and
    /// say nothing about health.
    pub(crate) fn see(&mut self, alert: &FiringAlert<'_>) {
        let severity = alert.labels.get("severity").unwrap_or_default();
        if severity == "none" {
            return;
        }
        let name = alert.labels.get("alertname").unwrap_or("alert");
        let home = self.alike.entry(self.homes.of(alert.labels)).or_default();
        if !home.contains_key(name) {
            home.insert(name.to_owned(), BTreeMap::new());
        }
        let severities = home.get_mut(name).expect("it was put there");
        let alike = severities.entry(Severity::of(severity)).or_insert_with(|| Alike::new(alert));
        if *alert.labels < alike.labels {
            *alike = Alike { count: alike.count, ..Alike::new(alert) };
        }
        alike.count += 1;
    }

    /// What they say.
    pub(crate) fn evidence(self) -> impl Iterator<Item = Evidence> {
        self.alike.into_iter().flat_map(|(home, names)| {
            names.into_iter().flat_map(move |(name, severities)| {
                let filter = format!("{{alertname=\"{name}\"}}");
                let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
                let link = format!("/alerts?filter={filter}");
                severities.into_iter().map(move |(severity, alike)| {
                    let evidence = Evidence::new(home, &name, Finding::Alert(severity));
                    let evidence = evidence.because(alike.reason, alike.remedy);
                    Evidence { link: link.clone(), count: alike.count, ..evidence }
                })
            })
        })
    }
}

/// Name of a target within its job.
pub(crate) fn instance(labels: &Labels) -> &str {
    labels.get(INSTANCE_LABEL).unwrap_or_default()
}

/// The same of a target of the schedule, and from where it is probed: what one location sees says
/// nothing of the others.
fn probed(labels: &Labels) -> Cow<'_, str> {
    match labels.get(LOCATION_LABEL) {
        Some(location) => format!("{} from {location}", instance(labels)).into(),
        None => instance(labels).into(),
    }
}

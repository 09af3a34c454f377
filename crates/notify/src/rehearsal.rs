//! Synthetic notifications, so that a mistake in a template is found when the configuration is
//! loaded and not when somebody should be woken.

use crate::integration::Surroundings;
use crate::receivers;
use crate::view::{TemplateProblem, View};
use crate::{Metrics, Templates};
use alerts::{Notification, NotifiedAlert, Reason};
use model::{Labels, Timestamp};
use net::AddressPolicy;
use std::collections::BTreeMap;
use std::sync::Arc;
use sys::{Entropy, OsVfs, SystemClock};

/// 2026-01-01T00:00:00Z and ten minutes later.
const BEGIN: Timestamp = Timestamp::from_ms(1_767_225_600_000);
const END: Timestamp = Timestamp::from_ms(1_767_226_200_000);

/// Renders synthetic alerts (one firing, several that differ, one that ended) for an integration
/// without sending anything, and tells what is wrong with its templates.
pub fn rehearse(config: &config::Integration, templates: &Templates) -> Vec<TemplateProblem> {
    let around = Surroundings {
        templates: templates.clone(),
        vfs: Arc::new(OsVfs),
        policy: Arc::new(AddressPolicy::default()),
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(NoEntropy),
        external_url: "http://localhost".to_owned(),
        host_name: "localhost".to_owned(),
        metrics: Arc::new(Metrics::default()),
    };
    let receive = receivers::build(&config.kind, &around);
    let mut problems: Vec<TemplateProblem> = Vec::new();
    if let Err(error) = receive.check() {
        let (field, message) = (String::new(), error.to_string());
        problems.push(TemplateProblem { field, message, is_mistake: true });
    }
    for notification in notifications() {
        let view = View::new(&notification, &around.templates, &around.external_url);
        if let Err(error) = receive.rehearse(&view)
            && view.problems().is_empty()
        {
            // These alerts may lack the labels that an address is made of.
            view.note("", error.to_string(), false);
        }
        for problem in view.problems() {
            let is_known = |known: &TemplateProblem| known.field == problem.field;
            if !problems.iter().any(is_known) {
                problems.push(problem);
            }
        }
    }
    problems
}

/// Nothing that is rehearsed leaves the process.
struct NoEntropy;

impl Entropy for NoEntropy {
    fn next_u64(&self) -> u64 {
        0
    }
}

fn notifications() -> [Notification; 3] {
    let one = alert("web-1", "critical", true);
    let several = vec![one.clone(), alert("web-2", "warning", true), alert("web-3", "info", false)];
    [
        notification(vec![one], Reason::FirstNotification),
        notification(several, Reason::NewAlertsAdded),
        notification(vec![alert("web-1", "critical", false)], Reason::AllAlertsResolved),
    ]
}

fn alert(instance: &str, severity: &str, firing: bool) -> NotifiedAlert {
    let labels = [("alertname", "Rehearsal"), ("instance", instance), ("severity", severity)];
    NotifiedAlert {
        labels: Labels::from_pairs(labels),
        annotations: [
            ("description", format!("What {instance} would tell.").as_str()),
            ("summary", "A rehearsal of templates"),
        ]
        .into_iter()
        .collect(),
        firing,
        starts_at: BEGIN,
        ends_at: (!firing).then_some(END),
        generator_url: "http://localhost/graph".into(),
    }
}

fn notification(alerts: Vec<NotifiedAlert>, reason: Reason) -> Notification {
    Notification {
        receiver: "rehearsal".to_owned(),
        integration: 0,
        group_key: r#"{}:{alertname="Rehearsal"}"#.to_owned(),
        group_labels: Labels::from_pairs([("alertname", "Rehearsal")]),
        alerts,
        reason,
        route_labels: BTreeMap::new(),
        now: END,
        receiver_data: BTreeMap::new(),
    }
}

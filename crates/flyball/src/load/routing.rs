//! Who is told: the routing tree and receivers of alertmanager.yml, or what stands in for them.

use alerts::{Compat, Receiver, Settings};
use config::{AlertmanagerFile, GroupBy, Integration, Route};
use notify::{Redaction, Templates};
use std::collections::BTreeMap;
use std::time::Duration;

/// Receiver that prints to the log when nothing else is configured.
const LOG_RECEIVER: &str = "log";
/// Receiver of the webhooks in flyball.yml.
const WEBHOOKS_RECEIVER: &str = "webhooks";

/// One way to tell somebody.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum IntegrationSpec {
    /// A line in the log.
    Log,
    /// What a configuration describes.
    Configured(Integration),
}

impl IntegrationSpec {
    /// Identity in the notification log.
    fn name(&self) -> String {
        match self {
            Self::Log => "log[0]".to_owned(),
            Self::Configured(integration) => {
                format!("{}[{}]", integration.kind.name(), integration.index)
            }
        }
    }

    fn send_resolved(&self) -> bool {
        match self {
            Self::Log => true,
            Self::Configured(integration) => integration.send_resolved,
        }
    }
}

/// Who is told of what when, with the ways to tell.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) settings: Settings,
    pub(crate) integrations: BTreeMap<String, Vec<IntegrationSpec>>,
    /// What the texts of receivers may call.
    pub(crate) templates: Templates,
    /// What receivers may know, where that is not everything.
    pub(crate) redactions: BTreeMap<String, Redaction>,
}

impl Routing {
    /// What alertmanager.yml says, with its templates.
    pub(crate) fn from_file(file: AlertmanagerFile, templates: Templates, compat: Compat) -> Self {
        let of_receiver = |receiver: config::Receiver| {
            let integrations = receiver.integrations.into_iter();
            (receiver.name, integrations.map(IntegrationSpec::Configured).collect())
        };
        let integrations = file.receivers.into_iter().map(of_receiver).collect();
        let settings = Settings {
            receivers: receivers_of(&integrations),
            route: file.route,
            inhibit_rules: file.inhibit_rules,
            time_intervals: file.time_intervals,
            compat,
        };
        Self { settings, integrations, templates, redactions: BTreeMap::new() }
    }

    /// Every alert to the log, and to the webhooks of flyball.yml if there are any.
    pub(crate) fn without_file(webhooks: &[Integration], compat: Compat) -> Self {
        let mut specs = vec![IntegrationSpec::Log];
        specs.extend(webhooks.iter().cloned().map(IntegrationSpec::Configured));
        let receiver = if webhooks.is_empty() { LOG_RECEIVER } else { WEBHOOKS_RECEIVER };
        let route = Route {
            receiver: receiver.to_owned(),
            group_by: GroupBy::Labels(vec!["alertname".to_owned()]),
            group_wait: Duration::from_secs(10),
            group_interval: Duration::from_mins(1),
            repeat_interval: Duration::from_hours(4),
            ..Route::root()
        };
        let integrations = BTreeMap::from([(receiver.to_owned(), specs)]);
        let settings = Settings {
            receivers: receivers_of(&integrations),
            route,
            inhibit_rules: Vec::new(),
            time_intervals: BTreeMap::new(),
            compat,
        };
        let (templates, redactions) = (Templates::default(), BTreeMap::new());
        Self { settings, integrations, templates, redactions }
    }

    /// Integrations that a configuration describes, with the names of their receivers.
    pub(crate) fn configured(&self) -> impl Iterator<Item = (&str, &Integration)> {
        self.integrations.iter().flat_map(|(name, specs)| {
            specs.iter().filter_map(move |spec| match spec {
                IntegrationSpec::Log => None,
                IntegrationSpec::Configured(integration) => Some((name.as_str(), integration)),
            })
        })
    }
}

/// Receivers as the dispatcher needs them.
fn receivers_of(integrations: &BTreeMap<String, Vec<IntegrationSpec>>) -> Vec<Receiver> {
    let integration = |spec: &IntegrationSpec| alerts::Integration {
        name: spec.name(),
        send_resolved: spec.send_resolved(),
    };
    let receiver = |(name, specs): (&String, &Vec<IntegrationSpec>)| Receiver {
        name: name.clone(),
        integrations: specs.iter().map(integration).collect(),
    };
    integrations.iter().map(receiver).collect()
}

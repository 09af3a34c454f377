//! Who is told: the routing tree and receivers of alertmanager.yml, or what stands in for them.

use alerts::{Compat, Receiver, Settings};
use config::{AlertmanagerFile, GroupBy, Integration, IntegrationKind, Route, WebhookConfig};
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
    /// A webhook.
    Webhook {
        /// Position among the webhooks of its receiver.
        index: usize,
        /// Are ends told too?
        send_resolved: bool,
        /// What to call.
        config: Box<WebhookConfig>,
    },
}

impl IntegrationSpec {
    /// Identity in the notification log.
    fn name(&self) -> String {
        match self {
            Self::Log => "log[0]".to_owned(),
            Self::Webhook { index, .. } => format!("webhook[{index}]"),
        }
    }

    fn send_resolved(&self) -> bool {
        match self {
            Self::Log => true,
            Self::Webhook { send_resolved, .. } => *send_resolved,
        }
    }

    /// What can be delivered of an integration.
    fn of(integration: &Integration) -> Option<Self> {
        let send_resolved = integration.send_resolved;
        match &integration.kind {
            IntegrationKind::Webhook(config) => {
                let index = integration.index;
                Some(Self::Webhook { index, send_resolved, config: config.clone() })
            }
            _ => None,
        }
    }
}

/// Who is told of what when, with the ways to tell.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) settings: Settings,
    pub(crate) integrations: BTreeMap<String, Vec<IntegrationSpec>>,
}

impl Routing {
    /// What alertmanager.yml says.
    pub(crate) fn from_file(file: AlertmanagerFile, compat: Compat) -> Self {
        let specs =
            |list: &[Integration]| list.iter().filter_map(IntegrationSpec::of).collect::<Vec<_>>();
        let receivers = file.receivers.iter().map(|r| (r.name.clone(), specs(&r.integrations)));
        let integrations = receivers.collect();
        let settings = Settings {
            receivers: receivers_of(&integrations),
            route: file.route,
            inhibit_rules: file.inhibit_rules,
            time_intervals: file.time_intervals,
            compat,
        };
        Self { settings, integrations }
    }

    /// Every alert to the log, and to the webhooks of flyball.yml if there are any.
    pub(crate) fn without_file(webhooks: &[Integration], compat: Compat) -> Self {
        let mut specs = vec![IntegrationSpec::Log];
        specs.extend(webhooks.iter().filter_map(IntegrationSpec::of));
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
        Self { settings, integrations }
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

/// Parts of a file that are read but not acted on yet: a page that silently never comes is worse
/// than a server that does not start.
pub(crate) fn not_acted_on(file: &AlertmanagerFile, path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if !file.templates.is_empty() {
        parts.push("`templates` are".to_owned());
    }
    let integrations = file.receivers.iter().flat_map(|receiver| &receiver.integrations);
    let others = integrations.filter(|integration| IntegrationSpec::of(integration).is_none());
    let mut names: Vec<&str> = others.map(|integration| integration.kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    parts.extend(names.into_iter().map(|name| format!("`{name}_configs` are")));
    parts.iter().map(|part| format!("{path}: {part} not supported yet")).collect()
}

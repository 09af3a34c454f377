//! Who is told: the routing tree and receivers of alertmanager.yml, or what stands in for them.

use alerts::{GroupBy, Receiver, Route, RouteOptions};
use config::{AlertmanagerFile, Integration, IntegrationKind, WebhookConfig};
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
        /// Are ends told too?
        send_resolved: bool,
        /// What to call.
        config: Box<WebhookConfig>,
    },
}

impl IntegrationSpec {
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
                Some(Self::Webhook { send_resolved, config: config.clone() })
            }
            _ => None,
        }
    }
}

/// The routing tree with its receivers.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) root: Route,
    pub(crate) integrations: BTreeMap<String, Vec<IntegrationSpec>>,
}

impl Routing {
    /// What alertmanager.yml says.
    pub(crate) fn from_file(file: &AlertmanagerFile) -> Self {
        let specs =
            |list: &[Integration]| list.iter().filter_map(IntegrationSpec::of).collect::<Vec<_>>();
        let receivers = file.receivers.iter().map(|r| (r.name.clone(), specs(&r.integrations)));
        Self { root: route(&file.route), integrations: receivers.collect() }
    }

    /// Every alert to the log, and to the webhooks of flyball.yml if there are any.
    pub(crate) fn without_file(webhooks: &[Integration]) -> Self {
        let mut specs = vec![IntegrationSpec::Log];
        specs.extend(webhooks.iter().filter_map(IntegrationSpec::of));
        let receiver = if webhooks.is_empty() { LOG_RECEIVER } else { WEBHOOKS_RECEIVER };
        let options = RouteOptions {
            receiver: receiver.to_owned(),
            group_by: GroupBy::Labels(vec!["alertname".to_owned()]),
            group_wait: Duration::from_secs(10),
            group_interval: Duration::from_mins(1),
            repeat_interval: Duration::from_hours(4),
        };
        let root = Route { options, matchers: Vec::new(), continues: false, routes: Vec::new() };
        Self { root, integrations: BTreeMap::from([(receiver.to_owned(), specs)]) }
    }

    /// Receivers as the dispatcher needs them.
    pub(crate) fn receivers(&self) -> Vec<Receiver> {
        let receiver = |(name, specs): (&String, &Vec<IntegrationSpec>)| Receiver {
            name: name.clone(),
            send_resolved: specs.iter().map(IntegrationSpec::send_resolved).collect(),
        };
        self.integrations.iter().map(receiver).collect()
    }
}

/// Parts of a file that are read but not acted on yet: a page that silently never comes is worse
/// than a server that does not start.
pub(crate) fn not_acted_on(file: &AlertmanagerFile, path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if !file.inhibit_rules.is_empty() {
        parts.push("`inhibit_rules` are".to_owned());
    }
    if !file.time_intervals.is_empty() {
        parts.push("`time_intervals` are".to_owned());
    }
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

fn route(route: &config::Route) -> Route {
    let group_by = match &route.group_by {
        config::GroupBy::AllLabels => GroupBy::All,
        config::GroupBy::Labels(labels) => GroupBy::Labels(labels.clone()),
    };
    Route {
        options: RouteOptions {
            receiver: route.receiver.clone(),
            group_by,
            group_wait: route.group_wait,
            group_interval: route.group_interval,
            repeat_interval: route.repeat_interval,
        },
        matchers: route.matchers.clone(),
        continues: route.continue_matching,
        routes: route.routes.iter().map(self::route).collect(),
    }
}

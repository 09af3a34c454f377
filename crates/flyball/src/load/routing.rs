//! Who is told: the routing tree and receivers of alertmanager.yml, or what stands in for them.

use alerts::{GroupBy, Receiver, Route, RouteOptions};
use config::{AlertmanagerFile, WebhookConfig};
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
    Webhook(Box<WebhookConfig>),
}

impl IntegrationSpec {
    fn send_resolved(&self) -> bool {
        match self {
            Self::Log => true,
            Self::Webhook(webhook) => webhook.send_resolved,
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
        let webhooks = |list: &[WebhookConfig]| {
            list.iter().cloned().map(Box::new).map(IntegrationSpec::Webhook).collect::<Vec<_>>()
        };
        let receivers = file.receivers.iter().map(|r| (r.name.clone(), webhooks(&r.webhooks)));
        Self { root: route(&file.route), integrations: receivers.collect() }
    }

    /// Every alert to the log, and to the webhooks of flyball.yml if there are any.
    pub(crate) fn without_file(webhooks: &[WebhookConfig]) -> Self {
        let mut specs = vec![IntegrationSpec::Log];
        specs.extend(webhooks.iter().cloned().map(Box::new).map(IntegrationSpec::Webhook));
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

//! What the API shows of routing: the file without its secrets, receivers, resolve timeout.

use super::Routing;
use api::ReceiverInfo;
use config::AlertmanagerFile;
use std::time::Duration;

/// How long alerts without end stay firing when no file says so; Alertmanager's default.
const RESOLVE_TIMEOUT: Duration = Duration::from_mins(5);

/// Routing as others see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShownRouting {
    /// alertmanager.yml as it was named; `None` without one.
    pub(crate) path: Option<String>,
    /// alertmanager.yml, or one that means the same where there is none.
    pub(crate) file: String,
    /// In the order of the file.
    pub(crate) receivers: Vec<ReceiverInfo>,
    /// How long an alert without end stays firing after its last sign of life.
    pub(crate) resolve_timeout: Duration,
}

impl ShownRouting {
    /// What alertmanager.yml at `path` says; `redacted` is its text.
    pub(super) fn of_file(path: &str, file: &AlertmanagerFile, redacted: &str) -> Self {
        let receivers = file.receivers.iter().map(|receiver| {
            let mut labels = receiver.labels.clone();
            labels.insert("name".to_owned(), receiver.name.clone());
            ReceiverInfo { name: receiver.name.clone(), labels }
        });
        Self {
            path: Some(path.to_owned()),
            file: redacted.to_owned(),
            receivers: receivers.collect(),
            resolve_timeout: file.resolve_timeout,
        }
    }

    /// What is done without a file: one route, and receivers that no file names.
    pub(super) fn without_file(routing: &Routing) -> Self {
        let route = &routing.settings.route;
        let duration = config::format_duration;
        let mut file = format!(
            "route:\n  receiver: {}\n  group_by: [alertname]\n  group_wait: {}\n  \
             group_interval: {}\n  repeat_interval: {}\nreceivers:\n",
            route.receiver,
            duration(route.group_wait),
            duration(route.group_interval),
            duration(route.repeat_interval),
        );
        let mut receivers = Vec::new();
        for name in routing.integrations.keys() {
            file.extend(["- name: ", name, "\n"]);
            let labels = [("name".to_owned(), name.clone())].into();
            receivers.push(ReceiverInfo { name: name.clone(), labels });
        }
        Self { path: None, file, receivers, resolve_timeout: RESOLVE_TIMEOUT }
    }
}

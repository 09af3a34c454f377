//! `kubernetes_sd_configs`: objects of a cluster as targets. Its tasks follow the kinds of objects
//! that the role needs (`watch`); targets are made of all that is known (`targets`).

mod kubeconfig;
mod objects;
mod store;
mod targets;
mod watch;

use super::{Mouth, Report};
use crate::group::Fault;
use config::{
    HttpAuth, HttpClientConfig, KubernetesMetadata as Metadata, KubernetesRole, KubernetesSdConfig,
    SecretSource, TextSource,
};
use net::{Client, ClientOptions};
use objects::{EndpointSlice, Endpoints, Ingress, Job, Namespace, Node, Pod, ReplicaSet, Service};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Stored;
use sys::Vfs;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use url::Url;
use watch::{LIMITS, Scope, Shared, State, follow};

/// Where a pod finds the credentials of its service account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Changes that come together are told together.
const TOGETHER: Duration = Duration::from_secs(1);
/// Pause until the settings are tried again.
const RETRY: Duration = Duration::from_secs(30);
/// Longest file of a service account.
const ACCOUNT_FILE_BYTES_MAX: u64 = 1 << 20;

/// Follows a cluster until nobody listens.
pub(super) async fn run(config: KubernetesSdConfig, options: ClientOptions, mouth: Mouth) {
    let named = config.api_server.clone().or_else(|| config.kubeconfig_file.clone());
    let source = named.unwrap_or_else(|| "kubernetes".to_owned());
    let env = |name: &str| std::env::var(name).ok();
    let (shared, namespaces) = loop {
        match prepare(&config, &options, env) {
            Ok(prepared) => break prepared,
            Err(message) => {
                let fault = Some(Fault { source: source.clone(), message });
                if !mouth.tell(Report { groups: None, fault }).await {
                    return;
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    };
    let shared = Arc::new(shared);
    let mut tasks = Tasks { config: &config, shared: &shared, running: JoinSet::new() };
    tasks.start(&namespaces);
    loop {
        shared.changed.notified().await;
        tokio::time::sleep(TOGETHER).await;
        let report = report(&config, &source, &mut shared.lock());
        if let Some(report) = report
            && !mouth.tell(report).await
        {
            return;
        }
    }
}

/// What is to be told, if there is news: nothing before every kind was listed or failed.
fn report(config: &KubernetesSdConfig, source: &str, state: &mut State) -> Option<Report> {
    if !state.has_news || state.tasks.iter().any(Option::is_none) {
        return None;
    }
    state.has_news = false;
    let faults: Vec<&str> = state
        .tasks
        .iter()
        .filter_map(|task| task.as_ref()?.as_ref().err().map(String::as_str))
        .collect();
    if !faults.is_empty() {
        let fault = Some(Fault { source: source.to_owned(), message: faults.join("; ") });
        return Some(Report { groups: None, fault });
    }
    Some(Report { groups: Some(targets::groups(config, &state.store)), fault: None })
}

/// The client, the address of the API server, and the namespaces to look at; `None` is all.
fn prepare(
    config: &KubernetesSdConfig,
    options: &ClientOptions,
    env: impl Fn(&str) -> Option<String>,
) -> Result<(Shared, Vec<Option<String>>), String> {
    let (http, base) = match (&config.kubeconfig_file, &config.api_server) {
        (Some(path), _) => kubeconfig::read(options.vfs.as_ref(), path)?,
        (None, Some(server)) => (config.http.clone(), server.clone()),
        (None, None) => in_cluster(env)?,
    };
    let base = Url::parse(&base).map_err(|error| format!("{base} is no URL: {error}"))?;
    let mut namespaces: BTreeSet<String> = config.namespaces.iter().cloned().collect();
    if config.own_namespace {
        namespaces.insert(own_namespace(options.vfs.as_ref())?);
    }
    let namespaces =
        if namespaces.is_empty() { vec![None] } else { namespaces.into_iter().map(Some).collect() };
    let (client, state) = (Client::new(http, options.clone()), Mutex::default());
    let changed = Notify::new();
    Ok((Shared { client, base, limits: LIMITS, state, changed }, namespaces))
}

/// How a process in a pod reaches its API server.
fn in_cluster(env: impl Fn(&str) -> Option<String>) -> Result<(HttpClientConfig, String), String> {
    let host = env("KUBERNETES_SERVICE_HOST").filter(|host| !host.is_empty());
    let port = env("KUBERNETES_SERVICE_PORT").filter(|port| !port.is_empty());
    let (Some(host), Some(port)) = (host, port) else {
        let lacks = "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set";
        return Err(format!("{lacks}: not in a cluster, and `api_server` is not given"));
    };
    let mut http = HttpClientConfig::default();
    let credentials = Some(SecretSource::File(format!("{ACCOUNT}/token")));
    http.auth = HttpAuth::Authorization { kind: "Bearer".to_owned(), credentials };
    http.tls.ca = Some(TextSource::File(format!("{ACCOUNT}/ca.crt")));
    Ok((http, format!("https://{}/", super::labels::host_port(&host, port))))
}

fn own_namespace(vfs: &dyn Vfs) -> Result<String, String> {
    let path = format!("{ACCOUNT}/namespace");
    let bytes = vfs.read(Path::new(&path), ACCOUNT_FILE_BYTES_MAX);
    let bytes = bytes.map_err(|error| format!("cannot read {path}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|error| format!("{path}: {error}"))?;
    Ok(text.trim().to_owned())
}

/// The tasks of an entry; they end with it.
struct Tasks<'a> {
    config: &'a KubernetesSdConfig,
    shared: &'a Arc<Shared>,
    running: JoinSet<()>,
}

impl Tasks<'_> {
    fn start(&mut self, namespaces: &[Option<String>]) {
        use KubernetesRole as Role;
        let config = self.config;
        for namespace in namespaces {
            let namespace = namespace.as_deref();
            match config.role {
                Role::Pod => self.follow::<Pod>(Some(Role::Pod), namespace),
                Role::Service => self.follow::<Service>(Some(Role::Service), namespace),
                Role::Ingress => self.follow::<Ingress>(Some(Role::Ingress), namespace),
                Role::Endpoints => self.follow::<Endpoints>(Some(Role::Endpoints), namespace),
                Role::EndpointSlice => {
                    self.follow::<EndpointSlice>(Some(Role::EndpointSlice), namespace);
                }
                Role::Node => {}
            }
            if matches!(config.role, Role::Endpoints | Role::EndpointSlice) {
                self.follow::<Service>(Some(Role::Service), namespace);
                self.follow::<Pod>(Some(Role::Pod), namespace);
            }
            let has_pods = matches!(config.role, Role::Pod | Role::Endpoints | Role::EndpointSlice);
            if has_pods && config.attach.contains(&Metadata::Deployment) {
                self.follow::<ReplicaSet>(None, namespace);
            }
            if has_pods && config.attach.contains(&Metadata::CronJob) {
                self.follow::<Job>(None, namespace);
            }
        }
        let is_node = config.role == Role::Node;
        if is_node || config.attach.contains(&Metadata::Node) {
            self.follow::<Node>(Some(Role::Node), None);
        }
        if config.attach.contains(&Metadata::Namespace) && !is_node {
            self.follow::<Namespace>(None, None);
        }
    }

    /// Follows a kind with the selector that the configuration has for it.
    fn follow<R: Stored>(&mut self, role: Option<KubernetesRole>, namespace: Option<&str>) {
        let selectors = self.config.selectors.iter();
        let selector = selectors.clone().find(|selector| Some(selector.role) == role);
        let scope = Scope {
            namespace: namespace.map(str::to_owned),
            label: selector.map(|selector| selector.label.clone()).unwrap_or_default(),
            field: selector.map(|selector| selector.field.clone()).unwrap_or_default(),
        };
        let mut state = self.shared.lock();
        let task = state.tasks.len();
        state.tasks.push(None);
        drop(state);
        self.running.spawn(follow::<R>(Arc::clone(self.shared), task, scope));
    }
}

#[cfg(test)]
mod tests;

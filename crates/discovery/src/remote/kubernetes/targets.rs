//! Targets and meta labels of each role, from what is known of a cluster.

use super::objects::{
    Container, ContainerPort, Endpoint, EndpointAddress, EndpointPort, EndpointSlice, Endpoints,
    Ingress, Meta, Node, Pod, PodStatus, Reference, Service, ServicePort,
};
use super::store::Store;
use crate::group::{ADDRESS_LABEL, Group};
use crate::remote::labels::{host_port, sanitized};
use config::{KubernetesMetadata as Metadata, KubernetesRole, KubernetesSdConfig};
use model::{Labels, LabelsBuilder};
use std::collections::BTreeMap;

const PREFIX: &str = "__meta_kubernetes_";
/// Names the service that a slice belongs to.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Types of a node's addresses, the preferred first.
const NODE_ADDRESSES: [&str; 6] =
    ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"];

/// All groups of a role, in the order of their sources.
pub(super) fn groups(config: &KubernetesSdConfig, store: &Store) -> Vec<Group> {
    let view = View { config, store };
    match config.role {
        KubernetesRole::Pod => store.pods.values().map(|pod| view.pod(pod)).collect(),
        KubernetesRole::Service => store.services.values().map(|one| view.service(one)).collect(),
        KubernetesRole::Endpoints => {
            store.endpoints.values().map(|one| view.endpoints(one)).collect()
        }
        KubernetesRole::EndpointSlice => store.slices.values().map(|one| view.slice(one)).collect(),
        KubernetesRole::Node => store.nodes.values().filter_map(node).collect(),
        KubernetesRole::Ingress => store.ingresses.values().map(|one| view.ingress(one)).collect(),
    }
}

struct View<'a> {
    config: &'a KubernetesSdConfig,
    store: &'a Store,
}

/// Labels and annotations of an object, and that they are there.
fn describe(labels: &mut LabelsBuilder, kind: &str, meta: &Meta) {
    for (part, pairs) in [("label", &meta.labels), ("annotation", &meta.annotations)] {
        for (name, value) in pairs.iter().flatten() {
            let name = sanitized(name);
            labels.set(&format!("{PREFIX}{kind}_{part}_{name}"), value);
            labels.set(&format!("{PREFIX}{kind}_{part}present_{name}"), "true");
        }
    }
}

/// Name, labels and annotations of an object.
fn introduce(labels: &mut LabelsBuilder, kind: &str, meta: &Meta) {
    set(labels, &format!("{kind}_name"), &meta.name);
    describe(labels, kind, meta);
}

fn set(labels: &mut LabelsBuilder, part: &str, value: &str) {
    labels.set(&format!("{PREFIX}{part}"), value);
}

fn set_some(labels: &mut LabelsBuilder, part: &str, value: Option<&str>) {
    if let Some(value) = value {
        set(labels, part, value);
    }
}

/// Sets all labels of one set in another.
fn merge(into: &mut LabelsBuilder, from: &LabelsBuilder) {
    for (name, value) in from.iter() {
        into.set(name, value);
    }
}

impl View<'_> {
    /// The labels of a namespace, when they are wanted.
    fn attach_namespace(&self, labels: &mut LabelsBuilder, name: &str) {
        let wanted = self.config.attach.contains(&Metadata::Namespace);
        if let Some(namespace) = self.store.namespace(name).filter(|_| wanted) {
            describe(labels, "namespace", &namespace.metadata);
        }
    }

    /// Name, labels and annotations of a node, when they are wanted.
    fn attach_node(&self, labels: &mut LabelsBuilder, name: Option<&str>) {
        let node = name
            .filter(|_| self.config.attach.contains(&Metadata::Node))
            .and_then(|name| self.store.node(name));
        if let Some(node) = node {
            introduce(labels, "node", &node.metadata);
        }
    }

    fn pod(&self, pod: &Pod) -> Group {
        let Pod { metadata, spec, status } = pod;
        let source = format!("pod/{}/{}", metadata.namespace, metadata.name);
        if status.pod_ip.is_empty() {
            // It begins or was evicted.
            return Group { source, targets: Vec::new(), labels: Labels::empty() };
        }
        let mut labels = self.pod_labels(pod);
        set(&mut labels, "namespace", &metadata.namespace);
        self.attach_namespace(&mut labels, &metadata.namespace);
        self.attach_node(&mut labels, Some(&spec.node_name));
        let mut targets = Vec::new();
        let main = spec.containers.iter().map(|container| (container, false));
        for (container, is_init) in
            main.chain(spec.init_containers.iter().map(|container| (container, true)))
        {
            let mut common = container_labels(container);
            set(&mut common, "pod_container_id", container_id(pod, container, is_init));
            set(&mut common, "pod_container_init", if is_init { "true" } else { "false" });
            if container.ports.is_empty() {
                common.set(ADDRESS_LABEL, &status.pod_ip);
                targets.push(common.build());
                continue;
            }
            for port in &container.ports {
                let mut target = common.clone();
                target.set(ADDRESS_LABEL, &host_port(&status.pod_ip, port.number));
                set_port(&mut target, port);
                targets.push(target.build());
            }
        }
        Group { source, targets, labels: labels.build() }
    }

    /// What every target of a pod has.
    fn pod_labels(&self, pod: &Pod) -> LabelsBuilder {
        let Pod { metadata, spec, status } = pod;
        let ready = status.conditions.iter().find(|condition| condition.r#type == "Ready");
        let ready = ready.map_or("unknown".into(), |ready| ready.status.to_ascii_lowercase());
        let mut labels = LabelsBuilder::default();
        introduce(&mut labels, "pod", metadata);
        for (part, value) in [
            ("pod_ip", status.pod_ip.as_str()),
            ("pod_ready", &ready),
            ("pod_phase", &status.phase),
            ("pod_node_name", &spec.node_name),
            ("pod_host_ip", &status.host_ip),
            ("pod_uid", &metadata.uid),
        ] {
            set(&mut labels, part, value);
        }
        if let Some(controller) = metadata.controller() {
            set(&mut labels, "pod_controller_kind", &controller.kind);
            set(&mut labels, "pod_controller_name", &controller.name);
            self.attach_controllers(&mut labels, metadata);
        }
        labels
    }

    /// Names of what stands behind the controller of a pod, when they are wanted.
    fn attach_controllers(&self, labels: &mut LabelsBuilder, pod: &Meta) {
        let Some(controller) = pod.controller() else { return };
        let key = (pod.namespace.clone(), controller.name.clone());
        match controller.kind.as_str() {
            "ReplicaSet" if self.config.attach.contains(&Metadata::Deployment) => {
                let replicas = self.store.replica_sets.get(&key).map(|set| &set.metadata);
                let owner =
                    replicas.and_then(Meta::controller).filter(|it| it.kind == "Deployment");
                set_some(labels, "pod_deployment_name", owner.map(|owner| owner.name.as_str()));
            }
            "Job" => {
                if self.config.attach.contains(&Metadata::Job) {
                    set(labels, "pod_job_name", &controller.name);
                }
                let job = self
                    .store
                    .jobs
                    .get(&key)
                    .filter(|_| self.config.attach.contains(&Metadata::CronJob));
                let owner = job.and_then(|job| job.metadata.controller());
                let owner = owner.filter(|owner| owner.kind == "CronJob");
                set_some(labels, "pod_cronjob_name", owner.map(|owner| owner.name.as_str()));
            }
            _ => {}
        }
    }

    fn service(&self, service: &Service) -> Group {
        let Service { metadata, spec } = service;
        let mut labels = service_labels(service);
        self.attach_namespace(&mut labels, &metadata.namespace);
        let host = format!("{}.{}.svc", metadata.name, metadata.namespace);
        let target = |port: &ServicePort| {
            let mut target = LabelsBuilder::default();
            target.set(ADDRESS_LABEL, &host_port(&host, port.port));
            for (part, value) in [
                ("service_port_name", port.name.as_str()),
                ("service_port_number", &port.port.to_string()),
                ("service_port_protocol", &port.protocol),
                ("service_type", &spec.r#type),
            ] {
                set(&mut target, part, value);
            }
            match spec.r#type.as_str() {
                "ExternalName" => set(&mut target, "service_external_name", &spec.external_name),
                _ => set(&mut target, "service_cluster_ip", &spec.cluster_ip),
            }
            if spec.r#type == "LoadBalancer" {
                set(&mut target, "service_loadbalancer_ip", &spec.load_balancer_ip);
            }
            target.build()
        };
        Group {
            source: format!("svc/{}/{}", metadata.namespace, metadata.name),
            targets: spec.ports.iter().map(target).collect(),
            labels: labels.build(),
        }
    }

    fn endpoints(&self, endpoints: &Endpoints) -> Group {
        let Meta { namespace, name, .. } = &endpoints.metadata;
        let mut labels = self.behind(namespace, Some(name));
        introduce(&mut labels, "endpoints", &endpoints.metadata);
        let mut found = Found::default();
        for subset in endpoints.subsets.iter().flatten() {
            for port in subset.ports.iter().flatten() {
                for (addresses, ready) in
                    [(&subset.addresses, "true"), (&subset.not_ready_addresses, "false")]
                {
                    for address in addresses.iter().flatten() {
                        let target = self.endpoint(address, port, ready);
                        let reference = address.target_ref.as_ref();
                        self.add(&mut found, target, reference, Some(port.port));
                    }
                }
            }
        }
        self.add_other_ports(&mut found);
        let source = format!("endpoints/{namespace}/{name}");
        Group { source, targets: found.targets, labels: labels.build() }
    }

    fn endpoint(
        &self,
        address: &EndpointAddress,
        port: &ServicePort,
        ready: &str,
    ) -> LabelsBuilder {
        let mut target = LabelsBuilder::default();
        target.set(ADDRESS_LABEL, &host_port(&address.ip, port.port));
        set(&mut target, "endpoint_port_name", &port.name);
        set(&mut target, "endpoint_port_protocol", &port.protocol);
        set(&mut target, "endpoint_ready", ready);
        set(&mut target, "endpoint_hostname", &address.hostname);
        set_some(&mut target, "endpoint_node_name", address.node_name.as_deref());
        if let Some(reference) = &address.target_ref {
            set(&mut target, "endpoint_address_target_kind", &reference.kind);
            set(&mut target, "endpoint_address_target_name", &reference.name);
        }
        self.attach_node(
            &mut target,
            node_of(address.target_ref.as_ref(), address.node_name.as_deref()),
        );
        target
    }

    fn slice(&self, slice: &EndpointSlice) -> Group {
        let Meta { namespace, name, labels: own, .. } = &slice.metadata;
        let service = own.as_ref().and_then(|own| own.get(SERVICE_NAME));
        let mut labels = self.behind(namespace, service.map(String::as_str));
        set(&mut labels, "endpointslice_address_type", &slice.address_type);
        introduce(&mut labels, "endpointslice", &slice.metadata);
        let mut found = Found::default();
        for endpoint in slice.endpoints.iter().flatten() {
            for port in slice.ports.iter().flatten() {
                for address in &endpoint.addresses {
                    let target = self.slice_endpoint(address, endpoint, port);
                    self.add(&mut found, target, endpoint.target_ref.as_ref(), port.port);
                }
            }
        }
        self.add_other_ports(&mut found);
        let source = format!("endpointslice/{namespace}/{name}");
        Group { source, targets: found.targets, labels: labels.build() }
    }

    fn slice_endpoint(
        &self,
        address: &str,
        endpoint: &Endpoint,
        port: &EndpointPort,
    ) -> LabelsBuilder {
        let mut target = LabelsBuilder::default();
        let number = port.port.map(|number| number.to_string());
        let full = number.as_ref().map(|number| host_port(address, number));
        target.set(ADDRESS_LABEL, full.as_deref().unwrap_or(address));
        let flag = |flag: Option<bool>| flag.map(|flag| if flag { "true" } else { "false" });
        for (part, value) in [
            ("port_name", port.name.as_deref()),
            ("port_protocol", port.protocol.as_deref()),
            ("port", number.as_deref()),
            ("port_app_protocol", port.app_protocol.as_deref()),
            ("endpoint_conditions_ready", flag(endpoint.conditions.ready)),
            ("endpoint_conditions_serving", flag(endpoint.conditions.serving)),
            ("endpoint_conditions_terminating", flag(endpoint.conditions.terminating)),
            ("endpoint_hostname", endpoint.hostname.as_deref()),
            ("endpoint_node_name", endpoint.node_name.as_deref()),
            ("endpoint_zone", endpoint.zone.as_deref()),
            ("address_target_kind", endpoint.target_ref.as_ref().map(|it| it.kind.as_str())),
            ("address_target_name", endpoint.target_ref.as_ref().map(|it| it.name.as_str())),
        ] {
            set_some(&mut target, &format!("endpointslice_{part}"), value);
        }
        for (name, value) in endpoint.deprecated_topology.iter().flatten() {
            let name = sanitized(name);
            let prefix = "endpointslice_endpoint_topology_";
            set(&mut target, &format!("{prefix}{name}"), value);
            set(&mut target, &format!("{prefix}present_{name}"), "true");
        }
        self.attach_node(
            &mut target,
            node_of(endpoint.target_ref.as_ref(), endpoint.node_name.as_deref()),
        );
        target
    }

    /// What all targets behind a service have in common.
    fn behind(&self, namespace: &str, service: Option<&str>) -> LabelsBuilder {
        let service = service.and_then(|name| self.store.service(namespace, name));
        let mut labels = service.map(service_labels).unwrap_or_default();
        set(&mut labels, "namespace", namespace);
        self.attach_namespace(&mut labels, namespace);
        labels
    }

    /// Adds a target; one that is a pod has the pod's labels and those of its port.
    fn add<'s>(
        &'s self,
        found: &mut Found<'s>,
        mut target: LabelsBuilder,
        reference: Option<&Reference>,
        port: Option<u32>,
    ) {
        let reference = reference.filter(|reference| reference.kind == "Pod");
        let pod = reference.and_then(|it| self.store.pod(&it.namespace, &it.name));
        if let Some(pod) = pod {
            merge(&mut target, &self.pod_labels(pod));
            for (container, container_port) in ports(pod) {
                if Some(container_port.number) == port {
                    merge(&mut target, &container_labels(container));
                    set_port(&mut target, container_port);
                }
            }
            let key = (pod.metadata.namespace.as_str(), pod.metadata.name.as_str());
            found.pods.entry(key).or_insert((pod, Vec::new())).1.extend(port);
        }
        found.targets.push(target.build());
    }

    /// The ports of the pods behind a service that the service does not name.
    fn add_other_ports(&self, found: &mut Found<'_>) {
        for (pod, served) in found.pods.values() {
            if pod.status.pod_ip.is_empty() {
                continue;
            }
            for (container, port) in ports(pod) {
                if served.contains(&port.number) {
                    continue;
                }
                let mut target = container_labels(container);
                target.set(ADDRESS_LABEL, &host_port(&pod.status.pod_ip, port.number));
                set_port(&mut target, port);
                merge(&mut target, &self.pod_labels(pod));
                found.targets.push(target.build());
            }
        }
    }

    fn ingress(&self, ingress: &Ingress) -> Group {
        let Ingress { metadata, spec } = ingress;
        let mut labels = LabelsBuilder::default();
        introduce(&mut labels, "ingress", metadata);
        set(&mut labels, "namespace", &metadata.namespace);
        set_some(&mut labels, "ingress_class_name", spec.ingress_class_name.as_deref());
        self.attach_namespace(&mut labels, &metadata.namespace);
        let mut targets = Vec::new();
        for rule in &spec.rules {
            let mut hosts = spec.tls.iter().flat_map(|tls| &tls.hosts);
            let is_tls = hosts.any(|pattern| covers(pattern, &rule.host));
            let paths = rule.http.as_ref().map(|http| &http.paths);
            let paths = paths.map(|paths| paths.iter().map(|path| path.path.as_str()).collect());
            for path in paths.unwrap_or_else(|| vec![""]) {
                let mut target = LabelsBuilder::default();
                target.set(ADDRESS_LABEL, &rule.host);
                set(&mut target, "ingress_scheme", if is_tls { "https" } else { "http" });
                set(&mut target, "ingress_host", &rule.host);
                set(&mut target, "ingress_path", if path.is_empty() { "/" } else { path });
                targets.push(target.build());
            }
        }
        let source = format!("ingress/{}/{}", metadata.namespace, metadata.name);
        Group { source, targets, labels: labels.build() }
    }
}

/// Targets of a service so far, and the pods among them with the ports that were named.
#[derive(Default)]
struct Found<'s> {
    targets: Vec<Labels>,
    pods: BTreeMap<(&'s str, &'s str), (&'s Pod, Vec<u32>)>,
}

/// Name, labels and annotations of a service.
fn service_labels(service: &Service) -> LabelsBuilder {
    let mut labels = LabelsBuilder::default();
    introduce(&mut labels, "service", &service.metadata);
    set(&mut labels, "namespace", &service.metadata.namespace);
    labels
}

/// The node that an endpoint is, or is on.
fn node_of<'a>(reference: Option<&'a Reference>, on: Option<&'a str>) -> Option<&'a str> {
    let itself = reference.filter(|reference| reference.kind == "Node");
    itself.map(|node| node.name.as_str()).or(on)
}

/// Ports of the containers that run as long as the pod: sidecars are among the init containers.
fn ports(pod: &Pod) -> impl Iterator<Item = (&Container, &ContainerPort)> {
    let sidecars = pod.spec.init_containers.iter().filter(|it| it.restart_policy == "Always");
    let containers = pod.spec.containers.iter().chain(sidecars);
    containers.flat_map(|container| container.ports.iter().map(move |port| (container, port)))
}

fn container_labels(container: &Container) -> LabelsBuilder {
    let mut labels = LabelsBuilder::default();
    set(&mut labels, "pod_container_name", &container.name);
    set(&mut labels, "pod_container_image", &container.image);
    labels
}

fn set_port(labels: &mut LabelsBuilder, port: &ContainerPort) {
    set(labels, "pod_container_port_name", &port.name);
    set(labels, "pod_container_port_number", &port.number.to_string());
    set(labels, "pod_container_port_protocol", &port.protocol);
}

fn container_id<'p>(pod: &'p Pod, container: &Container, is_init: bool) -> &'p str {
    let PodStatus { container_statuses, init_container_statuses, .. } = &pod.status;
    let statuses = if is_init { init_container_statuses } else { container_statuses };
    let status = statuses.iter().find(|status| status.name == container.name);
    status.map_or("", |status| &status.container_id)
}

/// The group of a node; `None` for one without address.
fn node(node: &Node) -> Option<Group> {
    let Node { metadata, spec, status } = node;
    let of_type = |kind: &&str| status.addresses.iter().find(|it| it.r#type == **kind);
    let address = NODE_ADDRESSES.iter().find_map(of_type)?;
    let mut labels = LabelsBuilder::default();
    introduce(&mut labels, "node", metadata);
    set(&mut labels, "node_provider_id", &spec.provider_id);
    let mut target = LabelsBuilder::default();
    let port = status.daemon_endpoints.kubelet_endpoint.port;
    target.set(ADDRESS_LABEL, &host_port(&address.address, port));
    target.set("instance", &metadata.name);
    // The first of each type stays.
    for address in status.addresses.iter().rev() {
        let part = format!("node_address_{}", sanitized(&address.r#type));
        set(&mut target, &part, &address.address);
    }
    Some(Group {
        source: format!("node/{}", metadata.name),
        targets: vec![target.build()],
        labels: labels.build(),
    })
}

/// Is a host the name of a certificate, or one label in the place of its `*`?
pub(super) fn covers(pattern: &str, host: &str) -> bool {
    if pattern == host {
        return true;
    }
    let Some(rest) = pattern.strip_prefix("*.") else { return false };
    host.split_once('.').is_some_and(|(_, of_host)| of_host == rest)
}

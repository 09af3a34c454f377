use super::store::{Store, Stored};
use super::targets::groups;
use super::watch::{Limits, Scope, Shared, Trouble, follow_once, list};
use super::{in_cluster, objects, prepare};
use crate::Discovery;
use crate::remote::tests::{options, shown, snapshot_when};
use config::{
    DiscoveryConfig, HttpClientConfig, KubernetesMetadata, KubernetesRole, KubernetesSdConfig,
    KubernetesSelector, RemoteSdConfig,
};
use expect_test::expect;
use objects::{EndpointSlice, Endpoints, Ingress, Job, Namespace, Node, Pod, ReplicaSet, Service};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::http::{Asked, Scripted, Site};

fn config(role: KubernetesRole) -> KubernetesSdConfig {
    KubernetesSdConfig {
        role,
        api_server: None,
        kubeconfig_file: None,
        namespaces: Vec::new(),
        own_namespace: false,
        selectors: Vec::new(),
        attach: BTreeSet::new(),
        http: HttpClientConfig::default(),
    }
}

fn put<R: Stored>(store: &mut Store, json: &str) {
    let object: R = serde_json::from_str(json).unwrap();
    object.put(store);
}

const POD: &str = r#"{
    "metadata": {"name": "web-1", "namespace": "shop", "uid": "u1", "resourceVersion": "7",
        "labels": {"app.kubernetes.io/name": "web"}, "annotations": {"prometheus.io/scrape": "yes"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-abc", "controller": true}]},
    "spec": {"nodeName": "n1",
        "containers": [
            {"name": "web", "image": "web:1", "ports": [
                {"name": "http", "containerPort": 8080, "protocol": "TCP"},
                {"name": "metrics", "containerPort": 9090, "protocol": "TCP"}]},
            {"name": "helper", "image": "helper:1"}],
        "initContainers": [
            {"name": "prepare", "image": "prepare:1", "ports": [{"containerPort": 1, "protocol": "TCP"}]},
            {"name": "mesh", "image": "mesh:1", "restartPolicy": "Always",
             "ports": [{"name": "mesh", "containerPort": 15090, "protocol": "TCP"}]}]},
    "status": {"phase": "Running", "podIP": "10.1.0.5", "hostIP": "10.0.0.1",
        "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "web", "containerID": "containerd://c1"}]}
}"#;
const NODE: &str = r#"{
    "metadata": {"name": "n1", "labels": {"zone": "a"}},
    "spec": {"providerID": "aws:///i-1"},
    "status": {"addresses": [{"type": "Hostname", "address": "host-1"},
            {"type": "InternalIP", "address": "10.0.0.1"}, {"type": "InternalIP", "address": "fd00::1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}}
}"#;
const SERVICE: &str = r#"{
    "metadata": {"name": "web", "namespace": "shop", "labels": {"team": "blue"}},
    "spec": {"type": "ClusterIP", "clusterIP": "10.2.0.1",
        "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}
}"#;
const ENDPOINTS: &str = r#"{
    "metadata": {"name": "web", "namespace": "shop", "labels": {"own": "yes"}},
    "subsets": [{
        "addresses": [{"ip": "10.1.0.5", "nodeName": "n1",
            "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-1"}}],
        "notReadyAddresses": [{"ip": "10.9.9.9", "hostname": "outside"}],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}]
}"#;
const SLICE: &str = r#"{
    "metadata": {"name": "web-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
    "addressType": "IPv6",
    "endpoints": [{"addresses": ["fd00::5"], "conditions": {"ready": true, "terminating": false},
        "nodeName": "n1", "zone": "a", "deprecatedTopology": {"kubernetes.io/hostname": "n1"},
        "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-1"}}],
    "ports": [{"name": "metrics", "port": 9090, "protocol": "TCP", "appProtocol": "http"}]
}"#;
const INGRESS: &str = r#"{
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["*.example.com"]}],
        "rules": [
            {"host": "shop.example.com", "http": {"paths": [{"path": "/"}, {"path": "/cart"}]}},
            {"host": "a.shop.example.com"}]}
}"#;

fn cluster() -> Store {
    let mut store = Store::default();
    put::<Pod>(&mut store, POD);
    put::<Pod>(&mut store, r#"{"metadata": {"name": "starting", "namespace": "shop"}}"#);
    put::<Node>(&mut store, NODE);
    put::<Service>(&mut store, SERVICE);
    put::<Endpoints>(&mut store, ENDPOINTS);
    put::<EndpointSlice>(&mut store, SLICE);
    put::<Ingress>(&mut store, INGRESS);
    let namespace = r#"{"metadata": {"name": "shop", "labels": {"stage": "live"}}}"#;
    put::<Namespace>(&mut store, namespace);
    store
}

#[test]
fn pods_have_a_target_for_each_port_of_each_container() {
    expect![[r"
        source=pod/shop/starting
        source=pod/shop/web-1
          kubernetes_namespace=shop
          kubernetes_pod_annotation_prometheus_io_scrape=yes
          kubernetes_pod_annotationpresent_prometheus_io_scrape=true
          kubernetes_pod_controller_kind=ReplicaSet
          kubernetes_pod_controller_name=web-abc
          kubernetes_pod_host_ip=10.0.0.1
          kubernetes_pod_ip=10.1.0.5
          kubernetes_pod_label_app_kubernetes_io_name=web
          kubernetes_pod_labelpresent_app_kubernetes_io_name=true
          kubernetes_pod_name=web-1
          kubernetes_pod_node_name=n1
          kubernetes_pod_phase=Running
          kubernetes_pod_ready=true
          kubernetes_pod_uid=u1
            __address__=10.1.0.5:8080
            kubernetes_pod_container_id=containerd://c1
            kubernetes_pod_container_image=web:1
            kubernetes_pod_container_init=false
            kubernetes_pod_container_name=web
            kubernetes_pod_container_port_name=http
            kubernetes_pod_container_port_number=8080
            kubernetes_pod_container_port_protocol=TCP
            __address__=10.1.0.5:9090
            kubernetes_pod_container_id=containerd://c1
            kubernetes_pod_container_image=web:1
            kubernetes_pod_container_init=false
            kubernetes_pod_container_name=web
            kubernetes_pod_container_port_name=metrics
            kubernetes_pod_container_port_number=9090
            kubernetes_pod_container_port_protocol=TCP
            __address__=10.1.0.5
            kubernetes_pod_container_image=helper:1
            kubernetes_pod_container_init=false
            kubernetes_pod_container_name=helper
            __address__=10.1.0.5:1
            kubernetes_pod_container_image=prepare:1
            kubernetes_pod_container_init=true
            kubernetes_pod_container_name=prepare
            kubernetes_pod_container_port_number=1
            kubernetes_pod_container_port_protocol=TCP
            __address__=10.1.0.5:15090
            kubernetes_pod_container_image=mesh:1
            kubernetes_pod_container_init=true
            kubernetes_pod_container_name=mesh
            kubernetes_pod_container_port_name=mesh
            kubernetes_pod_container_port_number=15090
            kubernetes_pod_container_port_protocol=TCP
    "]]
    .assert_eq(&shown(&groups(&config(KubernetesRole::Pod), &cluster())));
}

#[test]
fn services_nodes_and_ingresses() {
    let store = cluster();
    let mut out = String::new();
    for role in [KubernetesRole::Service, KubernetesRole::Node, KubernetesRole::Ingress] {
        out += &shown(&groups(&config(role), &store));
    }
    expect![[r"
        source=svc/shop/web
          kubernetes_namespace=shop
          kubernetes_service_label_team=blue
          kubernetes_service_labelpresent_team=true
          kubernetes_service_name=web
            __address__=web.shop.svc:80
            kubernetes_service_cluster_ip=10.2.0.1
            kubernetes_service_port_name=http
            kubernetes_service_port_number=80
            kubernetes_service_port_protocol=TCP
            kubernetes_service_type=ClusterIP
        source=node/n1
          kubernetes_node_label_zone=a
          kubernetes_node_labelpresent_zone=true
          kubernetes_node_name=n1
          kubernetes_node_provider_id=aws:///i-1
            __address__=10.0.0.1:10250
            kubernetes_node_address_Hostname=host-1
            kubernetes_node_address_InternalIP=10.0.0.1
            instance=n1
        source=ingress/shop/web
          kubernetes_ingress_class_name=nginx
          kubernetes_ingress_name=web
          kubernetes_namespace=shop
            __address__=shop.example.com
            kubernetes_ingress_host=shop.example.com
            kubernetes_ingress_path=/
            kubernetes_ingress_scheme=https
            __address__=shop.example.com
            kubernetes_ingress_host=shop.example.com
            kubernetes_ingress_path=/cart
            kubernetes_ingress_scheme=https
            __address__=a.shop.example.com
            kubernetes_ingress_host=a.shop.example.com
            kubernetes_ingress_path=/
            kubernetes_ingress_scheme=http
    "]]
    .assert_eq(&out);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one label a line")]
fn endpoints_have_the_labels_of_service_and_pod_and_the_other_ports_of_the_pod() {
    expect![[r"
        source=endpoints/shop/web
          kubernetes_endpoints_label_own=yes
          kubernetes_endpoints_labelpresent_own=true
          kubernetes_endpoints_name=web
          kubernetes_namespace=shop
          kubernetes_service_label_team=blue
          kubernetes_service_labelpresent_team=true
          kubernetes_service_name=web
            __address__=10.1.0.5:8080
            kubernetes_endpoint_address_target_kind=Pod
            kubernetes_endpoint_address_target_name=web-1
            kubernetes_endpoint_node_name=n1
            kubernetes_endpoint_port_name=http
            kubernetes_endpoint_port_protocol=TCP
            kubernetes_endpoint_ready=true
            kubernetes_pod_annotation_prometheus_io_scrape=yes
            kubernetes_pod_annotationpresent_prometheus_io_scrape=true
            kubernetes_pod_container_image=web:1
            kubernetes_pod_container_name=web
            kubernetes_pod_container_port_name=http
            kubernetes_pod_container_port_number=8080
            kubernetes_pod_container_port_protocol=TCP
            kubernetes_pod_controller_kind=ReplicaSet
            kubernetes_pod_controller_name=web-abc
            kubernetes_pod_host_ip=10.0.0.1
            kubernetes_pod_ip=10.1.0.5
            kubernetes_pod_label_app_kubernetes_io_name=web
            kubernetes_pod_labelpresent_app_kubernetes_io_name=true
            kubernetes_pod_name=web-1
            kubernetes_pod_node_name=n1
            kubernetes_pod_phase=Running
            kubernetes_pod_ready=true
            kubernetes_pod_uid=u1
            __address__=10.9.9.9:8080
            kubernetes_endpoint_hostname=outside
            kubernetes_endpoint_port_name=http
            kubernetes_endpoint_port_protocol=TCP
            kubernetes_endpoint_ready=false
            __address__=10.1.0.5:9090
            kubernetes_pod_annotation_prometheus_io_scrape=yes
            kubernetes_pod_annotationpresent_prometheus_io_scrape=true
            kubernetes_pod_container_image=web:1
            kubernetes_pod_container_name=web
            kubernetes_pod_container_port_name=metrics
            kubernetes_pod_container_port_number=9090
            kubernetes_pod_container_port_protocol=TCP
            kubernetes_pod_controller_kind=ReplicaSet
            kubernetes_pod_controller_name=web-abc
            kubernetes_pod_host_ip=10.0.0.1
            kubernetes_pod_ip=10.1.0.5
            kubernetes_pod_label_app_kubernetes_io_name=web
            kubernetes_pod_labelpresent_app_kubernetes_io_name=true
            kubernetes_pod_name=web-1
            kubernetes_pod_node_name=n1
            kubernetes_pod_phase=Running
            kubernetes_pod_ready=true
            kubernetes_pod_uid=u1
            __address__=10.1.0.5:15090
            kubernetes_pod_annotation_prometheus_io_scrape=yes
            kubernetes_pod_annotationpresent_prometheus_io_scrape=true
            kubernetes_pod_container_image=mesh:1
            kubernetes_pod_container_name=mesh
            kubernetes_pod_container_port_name=mesh
            kubernetes_pod_container_port_number=15090
            kubernetes_pod_container_port_protocol=TCP
            kubernetes_pod_controller_kind=ReplicaSet
            kubernetes_pod_controller_name=web-abc
            kubernetes_pod_host_ip=10.0.0.1
            kubernetes_pod_ip=10.1.0.5
            kubernetes_pod_label_app_kubernetes_io_name=web
            kubernetes_pod_labelpresent_app_kubernetes_io_name=true
            kubernetes_pod_name=web-1
            kubernetes_pod_node_name=n1
            kubernetes_pod_phase=Running
            kubernetes_pod_ready=true
            kubernetes_pod_uid=u1
    "]]
    .assert_eq(&shown(&groups(&config(KubernetesRole::Endpoints), &cluster())));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one label a line")]
fn slices_have_the_labels_of_service_and_pod_and_the_other_ports_of_the_pod() {
    expect![[r"
        source=endpointslice/shop/web-x
          kubernetes_endpointslice_address_type=IPv6
          kubernetes_endpointslice_label_kubernetes_io_service_name=web
          kubernetes_endpointslice_labelpresent_kubernetes_io_service_name=true
          kubernetes_endpointslice_name=web-x
          kubernetes_namespace=shop
          kubernetes_service_label_team=blue
          kubernetes_service_labelpresent_team=true
          kubernetes_service_name=web
            __address__=[fd00::5]:9090
            kubernetes_endpointslice_address_target_kind=Pod
            kubernetes_endpointslice_address_target_name=web-1
            kubernetes_endpointslice_endpoint_conditions_ready=true
            kubernetes_endpointslice_endpoint_conditions_terminating=false
            kubernetes_endpointslice_endpoint_node_name=n1
            kubernetes_endpointslice_endpoint_topology_kubernetes_io_hostname=n1
            kubernetes_endpointslice_endpoint_topology_present_kubernetes_io_hostname=true
            kubernetes_endpointslice_endpoint_zone=a
            kubernetes_endpointslice_port=9090
            kubernetes_endpointslice_port_app_protocol=http
            kubernetes_endpointslice_port_name=metrics
            kubernetes_endpointslice_port_protocol=TCP
            kubernetes_pod_annotation_prometheus_io_scrape=yes
            kubernetes_pod_annotationpresent_prometheus_io_scrape=true
            kubernetes_pod_container_image=web:1
            kubernetes_pod_container_name=web
            kubernetes_pod_container_port_name=metrics
            kubernetes_pod_container_port_number=9090
            kubernetes_pod_container_port_protocol=TCP
            kubernetes_pod_controller_kind=ReplicaSet
            kubernetes_pod_controller_name=web-abc
            kubernetes_pod_host_ip=10.0.0.1
            kubernetes_pod_ip=10.1.0.5
            kubernetes_pod_label_app_kubernetes_io_name=web
            kubernetes_pod_labelpresent_app_kubernetes_io_name=true
            kubernetes_pod_name=web-1
            kubernetes_pod_node_name=n1
            kubernetes_pod_phase=Running
            kubernetes_pod_ready=true
            kubernetes_pod_uid=u1
            __address__=10.1.0.5:8080
            kubernetes_pod_annotation_prometheus_io_scrape=yes
            kubernetes_pod_annotationpresent_prometheus_io_scrape=true
            kubernetes_pod_container_image=web:1
            kubernetes_pod_container_name=web
            kubernetes_pod_container_port_name=http
            kubernetes_pod_container_port_number=8080
            kubernetes_pod_container_port_protocol=TCP
            kubernetes_pod_controller_kind=ReplicaSet
            kubernetes_pod_controller_name=web-abc
            kubernetes_pod_host_ip=10.0.0.1
            kubernetes_pod_ip=10.1.0.5
            kubernetes_pod_label_app_kubernetes_io_name=web
            kubernetes_pod_labelpresent_app_kubernetes_io_name=true
            kubernetes_pod_name=web-1
            kubernetes_pod_node_name=n1
            kubernetes_pod_phase=Running
            kubernetes_pod_ready=true
            kubernetes_pod_uid=u1
            __address__=10.1.0.5:15090
            kubernetes_pod_annotation_prometheus_io_scrape=yes
            kubernetes_pod_annotationpresent_prometheus_io_scrape=true
            kubernetes_pod_container_image=mesh:1
            kubernetes_pod_container_name=mesh
            kubernetes_pod_container_port_name=mesh
            kubernetes_pod_container_port_number=15090
            kubernetes_pod_container_port_protocol=TCP
            kubernetes_pod_controller_kind=ReplicaSet
            kubernetes_pod_controller_name=web-abc
            kubernetes_pod_host_ip=10.0.0.1
            kubernetes_pod_ip=10.1.0.5
            kubernetes_pod_label_app_kubernetes_io_name=web
            kubernetes_pod_labelpresent_app_kubernetes_io_name=true
            kubernetes_pod_name=web-1
            kubernetes_pod_node_name=n1
            kubernetes_pod_phase=Running
            kubernetes_pod_ready=true
            kubernetes_pod_uid=u1
    "]]
    .assert_eq(&shown(&groups(&config(KubernetesRole::EndpointSlice), &cluster())));
}

#[test]
fn what_is_attached_is_attached() {
    let mut store = cluster();
    let owned = |name: &str, kind: &str, owner: &str| {
        let owner = format!(r#"[{{"kind": "{kind}", "name": "{owner}", "controller": true}}]"#);
        format!(
            r#"{{"metadata": {{"name": "{name}", "namespace": "shop", "ownerReferences": {owner}}},
                "status": {{"podIP": "10.1.0.6"}}}}"#
        )
    };
    put::<ReplicaSet>(&mut store, &owned("web-abc", "Deployment", "web"));
    put::<Job>(&mut store, &owned("nightly-1", "CronJob", "nightly"));
    put::<Pod>(&mut store, &owned("nightly-1-x", "Job", "nightly-1"));
    let attached = KubernetesSdConfig {
        attach: BTreeSet::from([
            KubernetesMetadata::Node,
            KubernetesMetadata::Namespace,
            KubernetesMetadata::Deployment,
            KubernetesMetadata::Job,
            KubernetesMetadata::CronJob,
        ]),
        ..config(KubernetesRole::Pod)
    };
    let plain = groups(&config(KubernetesRole::Pod), &store);
    let mut added = Vec::new();
    for (with, without) in groups(&attached, &store).iter().zip(&plain) {
        let fresh = with.labels.iter().filter(|(name, _)| without.labels.get(name).is_none());
        added.extend(fresh.map(|(name, value)| format!("{} {name}={value}", with.source)));
    }
    expect![[r"
        pod/shop/nightly-1-x __meta_kubernetes_namespace_label_stage=live
        pod/shop/nightly-1-x __meta_kubernetes_namespace_labelpresent_stage=true
        pod/shop/nightly-1-x __meta_kubernetes_pod_cronjob_name=nightly
        pod/shop/nightly-1-x __meta_kubernetes_pod_job_name=nightly-1
        pod/shop/web-1 __meta_kubernetes_namespace_label_stage=live
        pod/shop/web-1 __meta_kubernetes_namespace_labelpresent_stage=true
        pod/shop/web-1 __meta_kubernetes_node_label_zone=a
        pod/shop/web-1 __meta_kubernetes_node_labelpresent_zone=true
        pod/shop/web-1 __meta_kubernetes_node_name=n1
        pod/shop/web-1 __meta_kubernetes_pod_deployment_name=web"]]
    .assert_eq(&added.join("\n"));
}

#[test]
fn a_wildcard_covers_one_label() {
    for (pattern, host, covered) in [
        ("a.example.com", "a.example.com", true),
        ("*.example.com", "a.example.com", true),
        ("*.example.com", "a.b.example.com", false),
        ("*.example.com", "example.com", false),
        ("a.example.com", "b.example.com", false),
    ] {
        assert_eq!(super::targets::covers(pattern, host), covered, "{pattern} {host}");
    }
}

#[test]
fn a_process_in_a_pod_knows_where_its_server_is() {
    let env = |name: &str| match name {
        "KUBERNETES_SERVICE_HOST" => Some("fd00::1".to_owned()),
        "KUBERNETES_SERVICE_PORT" => Some("443".to_owned()),
        _ => None,
    };
    assert_eq!(in_cluster(env).unwrap().1, "https://[fd00::1]:443/");
    let error = in_cluster(|_| None).unwrap_err();
    assert!(error.contains("KUBERNETES_SERVICE_HOST") && error.contains("`api_server`"), "{error}");
}

fn pod(name: &str, ip: &str, version: u32) -> String {
    format!(
        r#"{{"metadata": {{"name": "{name}", "namespace": "shop", "resourceVersion": "{version}"}},
            "spec": {{"containers": [{{"name": "c"}}]}}, "status": {{"podIP": "{ip}"}}}}"#
    )
    .replace('\n', " ")
}

/// A list in two pages; one watch with news, then one that has forgotten the version, then silence.
fn api_server(asked: &Asked, watches: &AtomicUsize) -> Scripted {
    let list = |items: &str, next: &str| {
        let meta = format!(r#"{{"resourceVersion": "10", "continue": "{next}"}}"#);
        Scripted::json(format!(r#"{{"metadata": {meta}, "items": [{items}]}}"#))
    };
    if !asked.target.contains("watch=1") {
        let is_second = asked.target.contains("continue=p2");
        return if is_second {
            list(&pod("b", "10.0.0.2", 2), "")
        } else {
            list(&pod("a", "10.0.0.1", 1), "p2")
        };
    }
    let event =
        |kind: &str, object: &str| format!("{{\"type\": \"{kind}\", \"object\": {object}}}\n");
    match watches.fetch_add(1, Ordering::Relaxed) {
        0 => Scripted::json(
            [
                event("DELETED", &pod("a", "10.0.0.1", 11)),
                event("ADDED", &pod("c", "10.0.0.3", 12)),
                event("BOOKMARK", r#"{"metadata": {"resourceVersion": "20"}}"#),
            ]
            .concat(),
        ),
        1 => Scripted::json(event("ERROR", r#"{"code": 410, "message": "too old"}"#)),
        _ => Scripted { latency: Duration::from_hours(1), ..Scripted::json("") },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_listed_followed_and_listed_again_when_its_version_is_forgotten() {
    let watches = AtomicUsize::new(0);
    let site = Site::start(move |asked: &Asked| api_server(asked, &watches));
    let selector = KubernetesSelector {
        role: KubernetesRole::Pod,
        label: "app=x".to_owned(),
        field: String::new(),
    };
    let remote = KubernetesSdConfig {
        api_server: Some(format!("http://{}/base", site.address())),
        namespaces: vec!["shop".to_owned()],
        selectors: vec![selector],
        ..config(KubernetesRole::Pod)
    };
    let remote = vec![RemoteSdConfig::Kubernetes(Box::new(remote))];
    let config = DiscoveryConfig { remote, ..DiscoveryConfig::default() };
    let discovery = Discovery::start(&config, &options());
    let sources = |snapshot: &crate::Snapshot| {
        snapshot.groups.iter().map(|group| group.source.clone()).collect::<Vec<_>>().join(" ")
    };
    let is = |wanted: &'static str| move |snapshot: &crate::Snapshot| sources(snapshot) == wanted;
    snapshot_when(&discovery, is("pod/shop/b pod/shop/c")).await;
    // The second list is the first one again.
    snapshot_when(&discovery, is("pod/shop/a pod/shop/b")).await;
    let asked: Vec<String> = site.asked().iter().map(|asked| asked.target.clone()).collect();
    expect![[r"
        GET /base/api/v1/namespaces/shop/pods?labelSelector=app%3Dx&limit=500
        GET /base/api/v1/namespaces/shop/pods?labelSelector=app%3Dx&limit=500&continue=p2
        GET /base/api/v1/namespaces/shop/pods?labelSelector=app%3Dx&watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=10
        GET /base/api/v1/namespaces/shop/pods?labelSelector=app%3Dx&watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=20
        GET /base/api/v1/namespaces/shop/pods?labelSelector=app%3Dx&limit=500
        GET /base/api/v1/namespaces/shop/pods?labelSelector=app%3Dx&limit=500&continue=p2"]].assert_eq(&asked[..6].join("\n"));
    discovery.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_is_a_fault_and_keeps_its_targets() {
    let site = Site::start(|_: &Asked| (403, "no".to_owned()));
    let remote = KubernetesSdConfig {
        api_server: Some(format!("http://{}", site.address())),
        ..config(KubernetesRole::Endpoints)
    };
    let remote = vec![RemoteSdConfig::Kubernetes(Box::new(remote))];
    let config = DiscoveryConfig { remote, ..DiscoveryConfig::default() };
    let discovery = Discovery::start(&config, &options());
    let snapshot = snapshot_when(&discovery, |snapshot| !snapshot.faults.is_empty()).await;
    let message = &snapshot.faults[0].message;
    for part in ["endpoints: ", "services: ", "pods: ", "403 Forbidden"] {
        assert!(message.contains(part), "{message}");
    }
    discovery.stop().await;
}

fn shared(site: &Site, limits: Limits) -> Shared {
    let config = KubernetesSdConfig {
        api_server: Some(format!("http://{}", site.address())),
        ..config(KubernetesRole::Pod)
    };
    let (shared, _) = prepare(&config, &options(), |_| None).unwrap();
    Shared { limits, ..shared }
}

/// How many pods a list gives within these limits.
async fn listed(site: &Site, limits: Limits) -> Result<usize, String> {
    let listed = list::<Pod>(&shared(site, limits), &Scope::default()).await;
    listed.map(|(pods, _)| pods.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_bounded_in_objects_and_pages() {
    let endless = Site::start(|_: &Asked| {
        let items = [pod("a", "10.0.0.1", 1), pod("b", "10.0.0.2", 2)].join(",");
        Scripted::json(format!(r#"{{"metadata": {{"continue": "more"}}, "items": [{items}]}}"#))
    });
    let of = |objects, pages| Limits { objects, pages };
    let error = listed(&endless, of(7, 100)).await.unwrap_err();
    assert_eq!((error.as_str(), endless.asked().len()), ("more than 7 objects", 4));
    let error = listed(&endless, of(100, 5)).await.unwrap_err();
    assert_eq!((error.as_str(), endless.asked().len()), ("more than 5 pages in one list", 4 + 5));
    let short = AtomicUsize::new(0);
    let short = Site::start(move |asked: &Asked| api_server(asked, &short));
    assert_eq!(listed(&short, of(2, 2)).await, Ok(2), "two objects in two pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_is_bounded_in_objects() {
    let site = Site::start(|asked: &Asked| {
        if !asked.target.contains("watch=1") {
            return Scripted::json(r#"{"metadata": {}, "items": []}"#);
        }
        let added = |n: u32| {
            let object = pod(&format!("p{n}"), "10.0.0.1", n);
            format!("{{\"type\": \"ADDED\", \"object\": {object}}}\n")
        };
        let gone = r#"{"type": "ERROR", "object": {"code": 410}}"#;
        Scripted::json(format!("{}{}{gone}\n", added(1), added(2)))
    });
    for (max, expected) in [(1, Some("more than 1 objects")), (2, None)] {
        let limits = Limits { objects: max, pages: 1 };
        let shared = shared(&site, limits);
        shared.lock().tasks.push(None);
        let (scope, mut pause) = (Scope::default(), Duration::ZERO);
        let begun = Instant::now();
        let told = match follow_once::<Pod>(&shared, 0, &scope, &mut pause).await {
            Trouble::Gone => {
                assert!(begun.elapsed() >= Duration::from_secs(1), "nobody asks without rest");
                None
            }
            Trouble::Failed(message) => Some(message),
        };
        assert_eq!(told.as_deref(), expected);
    }
}

use super::{Source as _, consul, docker, http};
use crate::{Discovery, Group, Snapshot};
use config::{
    ConsulSdConfig, DiscoveryConfig, DockerSdConfig, HttpClientConfig, HttpSdConfig,
    RemoteSdConfig, Secret,
};
use expect_test::expect;
use net::{AddressPolicy, ClientOptions};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use sys::OsVfs;
use testkit::http::{Asked, Scripted, Site};

/// Options of clients that may dial anything.
pub(super) fn options() -> ClientOptions {
    ClientOptions { policy: Arc::new(AddressPolicy::allow_all()), vfs: Arc::new(OsVfs) }
}

/// Groups as lines: the source and common labels, then the labels of each target, all without
/// `__meta_`.
pub(super) fn shown(groups: &[Group]) -> String {
    let mut out = String::new();
    let mut write = |indent: &str, labels: &model::Labels| {
        for (name, value) in labels.iter() {
            let name = name.strip_prefix("__meta_").unwrap_or(name);
            writeln!(out, "{indent}{name}={value}").unwrap();
        }
    };
    for group in groups {
        write("", &model::Labels::from_pairs([("source", &group.source)]));
        write("  ", &group.labels);
        group.targets.iter().for_each(|target| write("    ", target));
    }
    out
}

/// The first snapshot that satisfies a condition.
pub(super) async fn snapshot_when(
    discovery: &Discovery,
    wanted: impl Fn(&Snapshot) -> bool,
) -> Snapshot {
    let mut snapshots = discovery.snapshots();
    let found = snapshots.wait_for(|snapshot| snapshot.as_deref().is_some_and(&wanted));
    let found = tokio::time::timeout(Duration::from_mins(1), found).await;
    let found = found.expect("in time").expect("the task lives");
    found.as_deref().unwrap().clone()
}

fn remote(config: RemoteSdConfig) -> DiscoveryConfig {
    DiscoveryConfig { remote: vec![config], ..DiscoveryConfig::default() }
}

fn http_config(site: &Site, refresh_interval: Duration) -> DiscoveryConfig {
    let url = format!("http://me:secret@{}/targets", site.address());
    let http = HttpClientConfig::default();
    remote(RemoteSdConfig::Http(Box::new(HttpSdConfig { url, refresh_interval, http })))
}

#[test]
fn groups_of_json() {
    let body = br#"[
        {"targets": ["a:1", "b:2"], "labels": {"team": "blue", "none": ""}},
        {"targets": []},
        {"labels": {"x": "y"}}
    ]"#;
    expect![[r"
        source=http://h/t:0
          url=http://h/t
          team=blue
            __address__=a:1
            __address__=b:2
        source=http://h/t:1
          url=http://h/t
        source=http://h/t:2
          url=http://h/t
          x=y
    "]]
    .assert_eq(&shown(&http::groups("http://h/t", body).unwrap()));
    assert_eq!(http::groups("http://h/t", b"null").unwrap(), []);
    for (body, part) in [
        ("[null]", "target group 0 is null"),
        ("{}", "no list of target groups"),
        (r#"[{"targets": ["a:1"], "label": {}}]"#, "unknown field `label`"),
        (r#"[{"targets": [1]}]"#, "invalid type"),
        (r#"[{"labels": {"": "a"}}]"#, "without name"),
    ] {
        let error = http::groups("http://h/t", body.as_bytes()).unwrap_err();
        assert!(error.contains(part), "{body}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_come_from_a_url_and_stay_when_it_fails() {
    let site = Site::start(|_: &Asked| Scripted::json(r#"[{"targets": ["a:1"]}]"#));
    let discovery = Discovery::start(&http_config(&site, Duration::from_millis(100)), &options());
    let first = snapshot_when(&discovery, |_| true).await;
    let url = format!("http://me:xxxxx@{}/targets", site.address());
    let wanted = format!("source={url}:0\n  url={url}\n    __address__=a:1\n");
    assert_eq!(shown(&first.groups), wanted);
    let asked = &site.asked()[0];
    assert_eq!(asked.target, "GET /targets");
    for line in ["accept: application/json", "x-prometheus-refresh-interval-seconds: 0.1"] {
        assert!(asked.head.iter().any(|head| head.eq_ignore_ascii_case(line)), "{:?}", asked.head);
    }
    assert!(asked.head.iter().any(|head| head.to_lowercase().starts_with("authorization: basic")));

    site.answer_with(|_: &Asked| (503, "later".to_owned()));
    let failed = snapshot_when(&discovery, |snapshot| !snapshot.faults.is_empty()).await;
    assert_eq!(failed.groups, first.groups);
    assert!(!failed.faults[0].source.contains("secret"), "INV-70");
    assert!(failed.faults[0].message.contains("503"), "{}", failed.faults[0].message);

    site.answer_with(|_: &Asked| (200, "[]".to_owned()));
    let wrong = |snapshot: &Snapshot| {
        snapshot.faults.iter().any(|fault| fault.message.contains("unsupported content type"))
    };
    assert_eq!(snapshot_when(&discovery, wrong).await.groups, first.groups);

    site.answer_with(|_: &Asked| Scripted::json("[]"));
    let gone = snapshot_when(&discovery, |snapshot| snapshot.faults.is_empty()).await;
    assert_eq!(gone.groups, []);
    discovery.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_holds_nothing_else_back_for_long() {
    let site = Site::start(|_: &Asked| Scripted {
        latency: Duration::from_hours(1),
        ..Scripted::json("[]")
    });
    let mut config = http_config(&site, Duration::from_hours(1));
    config.static_configs = vec![config::TargetGroup {
        targets: vec!["fixed:1".to_owned()],
        ..config::TargetGroup::default()
    }];
    let discovery = Discovery::start(&config, &options());
    assert!(discovery.snapshots().borrow().is_none(), "not before it was waited for");
    let snapshot = snapshot_when(&discovery, |_| true).await;
    assert_eq!(shown(&snapshot.groups), "source=0\n    __address__=fixed:1\n");
    discovery.stop().await;
}

const INSTANCES: &str = r#"[{
    "Node": {"ID": "1", "Node": "n1", "Address": "10.0.0.1", "Datacenter": "eu",
        "TaggedAddresses": {"lan": "10.0.0.1", "wan_ipv4": "1.2.3.4"}, "Meta": {"rack-no": "7"}},
    "Service": {"ID": "shop-1", "Service": "shop", "Tags": ["http", "v1"], "Address": "",
        "Meta": {"version": "3"}, "Port": 8080, "Namespace": "default"},
    "Checks": [{"CheckID": "serfHealth", "Status": "passing"},
        {"CheckID": "service:shop-1", "Status": "warning"}]
}, {
    "Node": {"Node": "n2", "Address": "10.0.0.2", "TaggedAddresses": null, "Meta": null},
    "Service": {"ID": "shop-2", "Address": "fd00::2", "Port": 8081, "Tags": null},
    "Checks": [{"CheckID": "_service_maintenance:shop-2", "Status": "critical"}]
}]"#;

fn consul_config(server: String) -> ConsulSdConfig {
    ConsulSdConfig {
        server,
        scheme: "http".to_owned(),
        path_prefix: String::new(),
        token: Some(Secret::new("t0ken")),
        datacenter: String::new(),
        namespace: String::new(),
        partition: String::new(),
        tag_separator: ",".to_owned(),
        services: Vec::new(),
        tags: Vec::new(),
        node_meta: Vec::new(),
        filter: String::new(),
        health_filter: String::new(),
        allow_stale: true,
        refresh_interval: Duration::from_hours(1),
        http: HttpClientConfig::default(),
    }
}

#[test]
fn instances_of_consul() {
    let instances: Vec<consul::Instance> = serde_json::from_str(INSTANCES).unwrap();
    expect![[r"
        source=shop
          consul_dc=eu
          consul_service=shop
            __address__=10.0.0.1:8080
            consul_address=10.0.0.1
            consul_health=warning
            consul_metadata_rack_no=7
            consul_namespace=default
            consul_node=n1
            consul_service_id=shop-1
            consul_service_metadata_version=3
            consul_service_port=8080
            consul_tagged_address_lan=10.0.0.1
            consul_tagged_address_wan_ipv4=1.2.3.4
            consul_tags=,http,v1,
            __address__=[fd00::2]:8081
            consul_address=10.0.0.2
            consul_health=maintenance
            consul_node=n2
            consul_service_address=fd00::2
            consul_service_id=shop-2
            consul_service_port=8081
            consul_tags=,,
    "]]
    .assert_eq(&shown(&[consul::group("shop", "eu", ",", &instances)]));
}

fn consul_answers(asked: &Asked) -> Scripted {
    let path = asked.target.split(['?', ' ']).nth(1).unwrap_or_default();
    match path {
        "/v1/agent/self" => Scripted::json(r#"{"Config": {"Datacenter": "eu"}}"#),
        "/v1/catalog/services" => {
            Scripted::json(r#"{"consul": [], "shop": ["http", "v1"], "mail": null}"#)
        }
        "/v1/health/service/shop" => Scripted::json(INSTANCES),
        _ => Scripted::from((404, "unknown".to_owned())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_is_filtered_by_tags_and_asked_with_the_token() {
    let site = Site::start(consul_answers);
    let mut config = consul_config(site.address().to_string());
    config.tags = vec!["http".to_owned()];
    config.node_meta = vec![("rack".to_owned(), "a b".to_owned())];
    let discovery = Discovery::start(&remote(RemoteSdConfig::Consul(Box::new(config))), &options());
    let snapshot = snapshot_when(&discovery, |_| true).await;
    assert_eq!(snapshot.faults, []);
    assert_eq!(snapshot.groups.len(), 1);
    assert_eq!(snapshot.groups[0].targets.len(), 2);
    let asked: Vec<String> = site.asked().iter().map(|asked| asked.target.clone()).collect();
    expect![[r"
        GET /v1/agent/self?stale&node-meta=rack%3Aa+b
        GET /v1/catalog/services?stale&node-meta=rack%3Aa+b
        GET /v1/health/service/shop?stale&node-meta=rack%3Aa+b&tag=http"]]
    .assert_eq(&asked.join("\n"));
    let has_token = |asked: &Asked| asked.head.iter().any(|head| head == "x-consul-token: t0ken");
    assert!(site.asked().iter().all(has_token));
    discovery.stop().await;
}

const CONTAINERS: &str = r#"[
    {"Id": "c1", "Names": ["/web"], "Labels": {"com.example.team": "blue"},
     "Ports": [{"PrivatePort": 80, "PublicPort": 8080, "IP": "0.0.0.0", "Type": "tcp"},
               {"PrivatePort": 53, "Type": "udp"}],
     "HostConfig": {"NetworkMode": "front"},
     "NetworkSettings": {"Networks": {
        "front": {"NetworkID": "n1", "IPAddress": "172.20.0.2"},
        "back": {"NetworkID": "n2", "IPAddress": "172.21.0.2"}}}},
    {"Id": "c2", "Names": ["/sidecar"], "Ports": [], "HostConfig": {"NetworkMode": "container:c1"},
     "NetworkSettings": {"Networks": {}}},
    {"Id": "c3", "Names": ["/agent"], "HostConfig": {"NetworkMode": "host"},
     "NetworkSettings": {"Networks": {"host": {"NetworkID": "n3", "IPAddress": ""}}}},
    {"Id": "c4", "Names": ["/six"], "HostConfig": {"NetworkMode": "six"},
     "NetworkSettings": {"Networks": {
        "six": {"NetworkID": "n4", "IPAddress": "", "GlobalIPv6Address": "fd00::4"}}}},
    {"Id": "c5", "Names": null, "HostConfig": {"NetworkMode": "front"}}
]"#;
const NETWORKS: &str = r#"[
    {"Id": "n1", "Name": "front", "Scope": "local", "Internal": false, "Ingress": false,
     "Labels": {"zone": "a"}},
    {"Id": "n2", "Name": "back", "Scope": "local", "Internal": true}
]"#;

fn docker_config(host: String) -> DockerSdConfig {
    DockerSdConfig {
        host,
        port: 80,
        host_networking_host: "localhost".to_owned(),
        match_first_network: true,
        filters: vec![("label".to_owned(), vec!["team".to_owned()])],
        refresh_interval: Duration::from_hours(1),
        http: HttpClientConfig::default(),
    }
}

#[test]
fn ports_of_containers() {
    let containers: Vec<docker::DockerContainer> = serde_json::from_str(CONTAINERS).unwrap();
    let networks: Vec<docker::Network> = serde_json::from_str(NETWORKS).unwrap();
    let mut config = docker_config("unix:///d".to_owned());
    expect![[r"
        source=Docker
            __address__=172.21.0.2:80
            docker_container_id=c1
            docker_container_label_com_example_team=blue
            docker_container_name=/web
            docker_container_network_mode=front
            docker_network_id=n2
            docker_network_ingress=false
            docker_network_internal=true
            docker_network_ip=172.21.0.2
            docker_network_name=back
            docker_network_scope=local
            docker_port_private=80
            docker_port_public=8080
            docker_port_public_ip=0.0.0.0
            __address__=172.21.0.2:80
            docker_container_id=c2
            docker_container_name=/sidecar
            docker_container_network_mode=container:c1
            docker_network_id=n2
            docker_network_ingress=false
            docker_network_internal=true
            docker_network_ip=172.21.0.2
            docker_network_name=back
            docker_network_scope=local
            __address__=localhost
            docker_container_id=c3
            docker_container_name=/agent
            docker_container_network_mode=host
            __address__=[fd00::4]:80
            docker_container_id=c4
            docker_container_name=/six
            docker_container_network_mode=six
            docker_network_ip=fd00::4
    "]]
    .assert_eq(&shown(&[docker::group(&config, &containers, &networks)]));
    config.match_first_network = false;
    assert_eq!(docker::group(&config, &containers, &networks).targets.len(), 6);
}

/// Answers one request after another on a Unix socket, as Docker's engine listens.
fn engine(socket: &std::path::Path) -> std::thread::JoinHandle<Vec<String>> {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let mut asked = Vec::new();
        for body in [CONTAINERS, NETWORKS] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            asked.push(lines.next().unwrap().unwrap());
            while !lines.next().unwrap().unwrap().is_empty() {}
            let length = body.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n");
            write!(stream, "{head}\r\n{body}").unwrap();
        }
        asked
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_is_asked_over_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let engine = engine(&socket);
    let config = docker_config(format!("unix://{}", socket.display()));
    let discovery = Discovery::start(&remote(RemoteSdConfig::Docker(Box::new(config))), &options());
    let snapshot = snapshot_when(&discovery, |_| true).await;
    assert_eq!(snapshot.faults, []);
    assert_eq!(snapshot.groups[0].targets.len(), 4);
    expect![[r"
        GET /containers/json?filters=%7B%22label%22%3A%5B%22team%22%5D%7D HTTP/1.1
        GET /networks HTTP/1.1"]]
    .assert_eq(&engine.join().unwrap().join("\n"));
    discovery.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_answers_slowly_service_by_service_is_given_up() {
    // Each answer comes soon; all of them would take minutes.
    let site = Site::start(|asked: &Asked| {
        if asked.target.contains("/catalog/services") {
            let services: Vec<String> = (0..1000).map(|n| format!(r#""s{n}": []"#)).collect();
            return Scripted::json(format!("{{{}}}", services.join(",")));
        }
        Scripted { latency: Duration::from_millis(200), ..Scripted::json("[]") }
    });
    let mut config = consul_config(site.address().to_string());
    config.datacenter = "eu".to_owned();
    let mut source = consul::Source::new(&config, &options());
    assert_eq!(source.look_max, Duration::from_mins(5));
    source.look_max = Duration::from_secs(1);
    let error = source.ask().await.unwrap_err();
    assert_eq!(error, "the services did not all answer within 1s");
}

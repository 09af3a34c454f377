use super::mechanisms::MECHANISMS;
use crate::{
    HttpAuth, KubernetesMetadata, KubernetesRole, Outside, RemoteSdConfig, Secret, prometheus,
};

/// The least that each mechanism accepts.
const LEAST: &[(&str, &str)] = &[
    ("aws", "role: ec2"),
    ("azure", "subscription_id: s, tenant_id: t, client_id: c, client_secret: x"),
    ("consul", ""),
    ("digitalocean", ""),
    ("dns", "names: [a]"),
    ("docker", "host: 'unix:///var/run/docker.sock'"),
    ("dockerswarm", "host: 'http://h:1', role: tasks"),
    ("ec2", ""),
    ("ecs", ""),
    ("elasticache", ""),
    ("eureka", "server: 'http://h/eureka'"),
    ("gce", "project: p, zone: z"),
    ("hetzner", "role: hcloud"),
    ("http", "url: 'https://h/'"),
    ("ionos", "datacenter_id: d"),
    ("kubernetes", "role: pod"),
    ("kuma", "server: 'http://h:5676'"),
    ("lightsail", ""),
    ("linode", ""),
    ("marathon", "servers: ['http://h']"),
    ("msk", ""),
    ("nerve", "servers: [h], paths: [/a]"),
    ("nomad", ""),
    ("oci", "region: r"),
    ("openstack", "role: instance, region: r"),
    ("outscale", "access_key: a, secret_key: s"),
    (
        "ovhcloud",
        "endpoint: e, application_key: k, application_secret: s, consumer_key: c, service: vps",
    ),
    ("puppetdb", "url: 'https://h/', query: q"),
    ("rds", ""),
    ("scaleway", "role: instance, project_id: p, access_key: a, secret_key: s"),
    ("serverset", "servers: [h], paths: [/a]"),
    ("stackit", ""),
    ("triton", "account: a, dns_suffix: d, endpoint: e"),
    ("uyuni", "server: 's', username: u, password: p"),
    ("vultr", ""),
];

fn load(name: &str, entry: &str) -> Result<Vec<String>, String> {
    let text = format!("scrape_configs: [{{job_name: j, {name}_sd_configs: [{{{entry}}}]}}]");
    let loaded = prometheus::load("p.yml", &text, &Outside::nothing());
    let loaded = loaded.map_err(|error| error.to_string())?;
    Ok(loaded.warnings.iter().map(|warning| warning.key.clone()).collect())
}

#[test]
fn every_mechanism_accepts_its_least_and_warns_once_or_is_acted_on() {
    let names = LEAST.iter().map(|(name, _)| format!("{name}_sd_configs"));
    assert!(names.eq(MECHANISMS.iter().map(|mechanism| mechanism.key)));
    for ((name, entry), mechanism) in LEAST.iter().zip(MECHANISMS) {
        let warned = match mechanism.take {
            Some(_) => vec![],
            None => vec![format!("{name}_sd_configs")],
        };
        assert_eq!(load(name, entry).unwrap(), warned, "{name}");
    }
}

/// The one remote section of a job.
fn remote(name: &str, entry: &str) -> RemoteSdConfig {
    let text = format!("scrape_configs: [{{job_name: j, {name}_sd_configs: [{{{entry}}}]}}]");
    let mut loaded = prometheus::load("p.yml", &text, &Outside::nothing()).unwrap().config;
    loaded.scrape_configs.remove(0).discovery.remote.remove(0)
}

#[test]
fn defaults_of_remote_sections() {
    let RemoteSdConfig::Http(http) = remote("http", "url: 'https://h/'") else { panic!() };
    assert_eq!(http.refresh_interval.as_secs(), 60);
    let RemoteSdConfig::Consul(consul) = remote("consul", "") else { panic!() };
    assert_eq!(
        (&*consul.server, &*consul.scheme, consul.allow_stale),
        ("localhost:8500", "http", true)
    );
    assert_eq!((&*consul.tag_separator, consul.refresh_interval.as_secs()), (",", 30));
    let RemoteSdConfig::Docker(docker) = remote("docker", "host: 'unix:///d'") else { panic!() };
    assert_eq!((docker.port, &*docker.host_networking_host), (80, "localhost"));
    assert!(docker.match_first_network && docker.refresh_interval.as_secs() == 60);
    let RemoteSdConfig::Kubernetes(pods) = remote("kubernetes", "role: pod") else { panic!() };
    assert_eq!(
        (pods.role, &pods.api_server, pods.own_namespace),
        (KubernetesRole::Pod, &None, false)
    );
}

#[test]
fn values_of_remote_sections() {
    let consul =
        "server: 'c:1', token: t, username: u, password: p, tags: [a], node_meta: {r: '1'}";
    let RemoteSdConfig::Consul(consul) = remote("consul", consul) else { panic!() };
    assert_eq!(consul.token.as_ref().map(Secret::reveal), Some("t"));
    assert!(matches!(consul.http.auth, HttpAuth::Basic { .. }));
    assert_eq!((consul.tags.len(), consul.node_meta.len()), (1, 1));

    let pods = "role: endpoints, api_server: 'https://k', namespaces: {names: [a, b]}, \
        selectors: [{role: pod, label: 'app=x'}], attach_metadata: {node: true, deployment: true}";
    let RemoteSdConfig::Kubernetes(pods) = remote("kubernetes", pods) else { panic!() };
    assert_eq!((pods.role, pods.namespaces.len()), (KubernetesRole::Endpoints, 2));
    assert_eq!((pods.selectors[0].role, &*pods.selectors[0].label), (KubernetesRole::Pod, "app=x"));
    let attached = [KubernetesMetadata::Node, KubernetesMetadata::Deployment];
    assert!(pods.attach.iter().eq(&attached));

    let docker = "host: 'unix:///d', filters: [{name: label, values: [a, b]}], port: 9100";
    let RemoteSdConfig::Docker(docker) = remote("docker", docker) else { panic!() };
    assert_eq!(docker.filters, [("label".to_owned(), vec!["a".to_owned(), "b".to_owned()])]);

    let RemoteSdConfig::Kubernetes(pods) = remote("kubernetes", "role: pod, kubeconfig_file: /k")
    else {
        panic!()
    };
    assert_eq!((pods.kubeconfig_file.as_deref(), pods.api_server), (Some("/k"), None));
}

#[test]
fn every_mechanism_needs_what_it_requires() {
    for (name, entry) in LEAST.iter().filter(|(_, entry)| !entry.is_empty()) {
        assert!(load(name, "").is_err(), "{name} accepts nothing");
        let keys: Vec<&str> = entry.split(", ").collect();
        for missing in 0..keys.len() {
            let others = keys.iter().enumerate().filter(|(index, _)| *index != missing);
            let rest: Vec<&str> = others.map(|(_, key)| *key).collect();
            assert!(load(name, &rest.join(", ")).is_err(), "{name} without {}", keys[missing]);
        }
    }
}

#[test]
fn every_mechanism_refuses_unknown_keys_and_empty_entries() {
    for (name, entry) in LEAST {
        let comma = if entry.is_empty() { "" } else { ", " };
        let error = load(name, &format!("{entry}{comma}refresh_intervall: 1m")).unwrap_err();
        assert!(error.contains("did you mean `refresh_interval`?"), "{error}");
        let text = format!("scrape_configs: [{{job_name: j, {name}_sd_configs: [~]}}]");
        assert!(prometheus::load("p.yml", &text, &Outside::nothing()).is_err(), "{name}");
    }
}

#[test]
fn file_groups_name_target_files() {
    for (path, valid) in [
        ("a.json", true),
        ("a/*.yml", true),
        ("a/*.YAML", true),
        ("a*/b.json", false),
        ("a.txt", false),
        ("json", false),
    ] {
        assert_eq!(load("file", &format!("files: ['{path}']")).is_ok(), valid, "{path}");
    }
    assert!(load("file", "files: []").is_err());
    assert!(load("file", "refresh_interval: 1m").is_err());
}

#[test]
fn own_checks_of_mechanisms() {
    for (name, entry, part) in [
        ("consul", "token: a, authorization: {credentials: b}", "excludes the authentication"),
        ("consul", "server: ''", "needs `server`"),
        ("dns", "names: [a], type: A", "need `port`"),
        ("dns", "names: [a], type: TXT", "one of `SRV`"),
        ("docker", "host: 'http://[::1'", "`host`:"),
        ("docker", "host: h, filters: [{name: a}]", "at least one value"),
        ("kubernetes", "role: pod, selectors: [{role: pod, label: 'a in (b'}]", "label selector"),
        ("nerve", "servers: [h], paths: [a]", "begins with `/`"),
        ("triton", "account: a, dns_suffix: d, endpoint: e, refresh_interval: 0s", "above 0"),
        ("openstack", "role: instance, region: r, tls_config: {cert_file: a}", "no key"),
    ] {
        let error = load(name, entry).unwrap_err();
        assert!(error.contains(part), "{name}: {error}");
    }
}

use super::mechanisms::MECHANISMS;
use crate::{Outside, prometheus};

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
fn every_mechanism_accepts_its_least_and_warns_once() {
    let names = LEAST.iter().map(|(name, _)| format!("{name}_sd_configs"));
    assert!(names.eq(MECHANISMS.iter().map(|mechanism| mechanism.key)));
    for (name, entry) in LEAST {
        assert_eq!(load(name, entry).unwrap(), [format!("{name}_sd_configs")], "{name}");
    }
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

//! Reads the sections about services: defaults, ranges, and the places of what is wrong.

use super::schema::{
    AccessLogCollect, ContainersCollect, NginxCollect, Pace, PostgresCollect, RedisCollect, Tls,
};
use super::{
    AccessLog, ContainersSettings, Dsn, InstanceSettings, KeyGroup, NginxInstance,
    POSTGRES_COLLECTORS, PostgresDsn, PostgresInstance, REDIS_COLLECTORS, RedisInstance,
    ServiceAddress, ServiceSettings,
};
use crate::flyball::schema::{DurationText, SecretText};
use crate::hint::did_you_mean;
use crate::read::Reader;
use crate::yaml::{Content, Node};
use crate::{Place, Secret, SecretSource, TextSource, TlsConfig, urls};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Default time between two collections.
const INTERVAL: Duration = Duration::from_secs(15);
/// Default longest time of a collection.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Default most samples of a collection.
const SERIES_MAX: usize = 10_000;
/// Default most samples of a collection of all containers: about 60 for each.
const CONTAINER_SERIES_MAX: usize = 50_000;
/// Default most containers.
const CONTAINERS_MAX: usize = 500;
/// Most instances of a kind of service.
const INSTANCES_MAX: usize = 1000;

/// The lists as the file has them.
#[derive(Default)]
pub(in crate::flyball) struct Lists {
    pub(in crate::flyball) redis: Vec<RedisCollect>,
    pub(in crate::flyball) postgres: Vec<PostgresCollect>,
    pub(in crate::flyball) nginx: Vec<NginxCollect>,
    pub(in crate::flyball) containers: ContainersCollect,
}

/// One entry of a list: where it stands and how its keys are found.
pub(in crate::flyball) struct Entry<'a> {
    pub(super) reader: &'a Reader<'a>,
    node: Option<&'a Node>,
    place: Place,
}

impl<'a> Entry<'a> {
    /// An entry that stands at `node`; without one, somewhere at `place`.
    pub(in crate::flyball) fn new(
        reader: &'a Reader<'a>,
        node: Option<&'a Node>,
        place: Place,
    ) -> Self {
        Self { reader, node, place: node.map_or(place, |node| node.place) }
    }

    /// Where the value of a key stands, else where the entry does.
    fn place(&self, key: &str) -> Place {
        let value = self.node.and_then(|node| node.value(key));
        value.map_or(self.place, |value| value.place)
    }

    /// Notes a problem at the value of a key.
    pub(in crate::flyball) fn problem(&self, key: &str, message: impl Into<String>) {
        self.reader.problem(self.place(key), message);
    }

    /// A time that must be above 0.
    pub(super) fn time(
        &self,
        key: &str,
        given: Option<DurationText>,
        default: Duration,
    ) -> Duration {
        let time = given.map_or(default, |time| time.0);
        if time.is_zero() {
            self.problem(key, format!("`{key}` must be above 0"));
        }
        time
    }

    /// A whole number that must be above 0.
    pub(super) fn count(&self, key: &str, given: Option<u64>, default: usize) -> usize {
        self.count_at(self.place(key), key, given, default)
    }

    /// The same under a key of a section of the entry.
    fn count_below(&self, section: &str, key: &str, given: Option<u64>, default: usize) -> usize {
        let place = self.node.map_or(self.place, |node| node.place_below(&[section, key]));
        self.count_at(place, key, given, default)
    }

    fn count_at(&self, place: Place, key: &str, given: Option<u64>, default: usize) -> usize {
        let Some(count) = given else { return default };
        if count == 0 {
            self.reader.problem(place, format!("`{key}` must be above 0"));
        }
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// A secret that stands in the file or in one of its own.
    pub(in crate::flyball) fn secret(
        &self,
        (key, file_key): (&str, &str),
        inline: Option<SecretText>,
        file: Option<String>,
    ) -> Option<SecretSource> {
        match (inline, file) {
            (Some(text), None) => Some(SecretSource::Inline(Secret::new(text.0))),
            (None, Some(path)) => Some(SecretSource::File(self.reader.join_directory(&path))),
            (None, None) => None,
            (Some(_), Some(_)) => {
                let message = format!("at most one of `{key}` and `{file_key}` may be set");
                self.problem(file_key, message);
                None
            }
        }
    }

    /// TLS; a certificate needs its key.
    pub(in crate::flyball) fn tls(&self, tls: Tls) -> TlsConfig {
        if tls.cert_file.is_some() != tls.key_file.is_some() {
            self.problem("tls", "`cert_file` and `key_file` go together");
        }
        let path = |path: String| self.reader.join_directory(&path);
        TlsConfig {
            ca: tls.ca_file.map(path).map(TextSource::File),
            cert: tls.cert_file.map(path).map(TextSource::File),
            key: tls.key_file.map(path).map(SecretSource::File),
            server_name: tls.server_name,
            insecure_skip_verify: tls.insecure_skip_verify.unwrap_or_default(),
            ..TlsConfig::default()
        }
    }

    /// What all instances have; `name` stands in for `instance`, `known` are the parts that can be
    /// switched.
    pub(super) fn common(
        &self,
        given: Pace,
        name: impl FnOnce() -> String,
        (collectors, known): (Option<BTreeMap<String, bool>>, &[&str]),
    ) -> InstanceSettings {
        let interval = self.time("interval", given.interval, INTERVAL);
        let timeout = match given.timeout {
            None => TIMEOUT.min(interval),
            given => self.time("timeout", given, TIMEOUT),
        };
        if timeout > interval {
            self.problem("timeout", "`timeout` is longer than `interval`");
        }
        let collectors = collectors.unwrap_or_default();
        for name in collectors.keys().filter(|name| !known.contains(&name.as_str())) {
            let node = self.node.and_then(|node| node.value("collectors")?.value(name));
            let place = node.map_or(self.place, |node| node.place);
            let hint = did_you_mean(name, known.iter().copied());
            let quoted = model::quote(name);
            let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("{quoted} is no collector here; expected one of {list}{hint}");
            self.reader.problem(place, message);
        }
        InstanceSettings {
            name: given.instance.unwrap_or_else(name),
            interval,
            timeout,
            series_max: self.count("series_max", given.series_max, SERIES_MAX),
            collectors: collectors.into_iter().collect(),
        }
    }

    /// `host:port`, or a path that begins with `/`.
    pub(super) fn address(&self, key: &str, text: Option<String>) -> Option<ServiceAddress> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            self.problem(key, format!("`{key}` is missing"));
            return None;
        };
        if text.starts_with('/') {
            return Some(ServiceAddress::Unix(text));
        }
        let split = text.rsplit_once(':').and_then(|(host, port)| {
            let port = port.parse().ok().filter(|port| *port != 0)?;
            let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            let host = bare.unwrap_or(host);
            let is_host = !host.is_empty()
                && !host.contains(['/', '@', ' '])
                && (bare.is_some() || !host.contains(':'));
            is_host.then(|| ServiceAddress::Tcp { host: host.to_owned(), port })
        });
        if split.is_none() {
            // It may hold a password, so it is not repeated.
            self.problem(key, format!("`{key}` is no `host:port` and no path of a socket"));
        }
        split
    }
}

/// Resolves all lists.
pub(in crate::flyball) fn resolve(
    lists: Lists,
    root: &Node,
    reader: &Reader<'_>,
) -> ServiceSettings {
    let redis = entries("redis", lists.redis, (root, reader), redis);
    let postgres = entries("postgres", lists.postgres, (root, reader), postgres);
    let nginx = entries("nginx", lists.nginx, (root, reader), nginx);
    let node = root.value("collect").and_then(|collect| collect.value("containers"));
    let place = root.place_below(&["collect", "containers"]);
    let containers = containers(lists.containers, &Entry { reader, node, place });
    ServiceSettings { redis, postgres, nginx, containers }
}

impl Default for ContainersSettings {
    fn default() -> Self {
        Self {
            enabled: None,
            common: InstanceSettings {
                name: String::new(),
                interval: INTERVAL,
                timeout: TIMEOUT,
                series_max: CONTAINER_SERIES_MAX,
                collectors: Vec::new(),
            },
            docker: None,
            labels: None,
            units: false,
            containers_max: CONTAINERS_MAX,
            root: "/".to_owned(),
        }
    }
}

fn containers(given: ContainersCollect, entry: &Entry<'_>) -> ContainersSettings {
    if let Some(docker) = &given.docker {
        let is_place = ["unix:///", "tcp://", "http://", "https://"];
        if !is_place.iter().any(|scheme| docker.starts_with(scheme)) {
            let message = "`docker` is no `unix:///PATH` and no `tcp://HOST:PORT`";
            entry.problem("docker", message);
        }
    }
    let pace = Pace {
        instance: given.instance,
        interval: given.interval,
        timeout: given.timeout,
        series_max: Some(given.series_max.unwrap_or(CONTAINER_SERIES_MAX as u64)),
    };
    ContainersSettings {
        enabled: given.enabled,
        common: entry.common(pace, String::new, (None, &[])),
        docker: given.docker,
        labels: given.labels,
        units: given.units.unwrap_or_default(),
        containers_max: entry.count("containers_max", given.containers_max, CONTAINERS_MAX),
        root: given.root.map_or_else(|| "/".to_owned(), |root| entry.reader.join_directory(&root)),
    }
}

/// The entries of one list; two of one name would write the same series.
fn entries<F, T: HasName>(
    kind: &str,
    list: Vec<F>,
    (root, reader): (&Node, &Reader<'_>),
    read: impl Fn(F, &Entry<'_>) -> Option<T>,
) -> Vec<T> {
    let place = root.place_below(&["collect", kind]);
    let nodes = root.value("collect").and_then(|collect| collect.value(kind));
    let nodes = match nodes.map(|node| &node.content) {
        Some(Content::List(items)) => items.as_ref(),
        _ => &[],
    };
    if list.len() > INSTANCES_MAX {
        reader.problem(place, format!("`{kind}` has more than {INSTANCES_MAX} instances"));
    }
    let (mut out, mut names) = (Vec::new(), BTreeSet::new());
    for (index, given) in list.into_iter().take(INSTANCES_MAX).enumerate() {
        let node = nodes.get(index);
        let entry = Entry::new(reader, node, place);
        let Some(instance) = read(given, &entry) else { continue };
        if !names.insert(instance.name().to_owned()) {
            let quoted = model::quote(instance.name()).to_string();
            let message = format!("{quoted} is the name of two instances; set `instance`");
            entry.problem("instance", message);
        }
        out.push(instance);
    }
    out
}

/// An instance with a label.
pub(super) trait HasName {
    /// The label.
    fn name(&self) -> &str;
}

impl HasName for RedisInstance {
    fn name(&self) -> &str {
        &self.common.name
    }
}

impl HasName for NginxInstance {
    fn name(&self) -> &str {
        &self.common.name
    }
}

fn nginx(mut given: NginxCollect, entry: &Entry<'_>) -> Option<NginxInstance> {
    let pace = given.take_pace();
    let Some(url) = given.url.filter(|url| !url.is_empty()) else {
        entry.problem("url", "`url` is missing");
        return None;
    };
    if let Err(error) = urls::parse_http(&url) {
        entry.problem("url", format!("`url`: {error}"));
        return None;
    }
    if given.tls.is_some() && url.to_ascii_lowercase().starts_with("http:") {
        entry.problem("tls", "`tls` is for `https`, and `url` begins with `http`");
    }
    let place = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next());
    let place = place.unwrap_or_default();
    if place.contains('@') {
        entry.problem("url", "`url` holds a user; use `username` and `password_file`");
    }
    let password = entry.secret(("password", "password_file"), given.password, given.password_file);
    if password.is_some() && given.username.is_none() {
        entry.problem("password", "`password` needs `username`");
    }
    Some(NginxInstance {
        common: entry.common(pace, || place.to_owned(), (None, &[])),
        url,
        username: given.username,
        password,
        tls: given.tls.map(|tls| entry.tls(tls)).unwrap_or_default(),
        access_log: given.access_log.and_then(|log| access_log(log, entry)),
    })
}

/// What else a format lacks is told by the collector, which reads formats.
fn access_log(given: AccessLogCollect, entry: &Entry<'_>) -> Option<AccessLog> {
    let Some(path) = given.path.filter(|path| !path.is_empty()) else {
        entry.problem("access_log", "`path` of `access_log` is missing");
        return None;
    };
    let routes = given.routes.unwrap_or_default();
    let is_route = |route: &String| {
        let plain = route.strip_suffix('*').unwrap_or(route);
        route.starts_with('/') && !plain.contains('*')
    };
    if let Some(odd) = routes.iter().find(|route| !is_route(route)) {
        let quoted = model::quote(odd).to_string();
        let message = format!("{quoted} is no route; expected a path, with `*` at its end for any");
        entry.problem("access_log", message);
    }
    let format = given.format.unwrap_or_else(|| "combined".to_owned());
    let has = |name: &str| has_variable(&format, name);
    let has_request = has("request") || has("request_method") && (has("uri") || has("request_uri"));
    if format != "combined" && !(has("status") && has_request) {
        let message = "`format` of `access_log` needs `$status` and `$request`, or \
                       `$request_method` and `$uri`";
        entry.problem("access_log", message);
    }
    Some(AccessLog {
        path: entry.reader.join_directory(&path),
        format,
        routes,
        routes_max: entry.count_below("access_log", "routes_max", given.routes_max, 50),
    })
}

/// Does a format hold `$name` or `${name}`?
fn has_variable(format: &str, name: &str) -> bool {
    format.split('$').skip(1).any(|rest| {
        if let Some(braced) = rest.strip_prefix('{') {
            braced.split_once('}').is_some_and(|(inner, _)| inner == name)
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            &rest[..end.unwrap_or(rest.len())] == name
        }
    })
}

impl HasName for PostgresInstance {
    fn name(&self) -> &str {
        &self.common.name
    }
}

fn postgres(mut given: PostgresCollect, entry: &Entry<'_>) -> Option<PostgresInstance> {
    let pace = given.take_pace();
    let (dsn, default) = match (given.dsn, given.dsn_file) {
        (Some(text), None) => match Dsn::parse(&text.0) {
            Ok(dsn) => {
                let name = match &dsn.address {
                    ServiceAddress::Tcp { .. } => dsn.address.to_string(),
                    ServiceAddress::Unix(path) => path.clone(),
                };
                (PostgresDsn::Inline(Box::new(dsn)), name)
            }
            Err(message) => {
                entry.problem("dsn", message);
                return None;
            }
        },
        (None, Some(path)) => {
            if pace.instance.is_none() {
                entry.problem("dsn_file", "`dsn_file` needs `instance`");
            }
            (PostgresDsn::File(entry.reader.join_directory(&path)), String::new())
        }
        (Some(_), Some(_)) | (None, None) => {
            entry.problem("dsn", "one of `dsn` and `dsn_file` is needed");
            return None;
        }
    };
    Some(PostgresInstance {
        common: entry.common(pace, || default, (given.collectors, &POSTGRES_COLLECTORS)),
        dsn,
        password: entry.secret(("password", "password_file"), None, given.password_file),
        old_names: given.compat_names.is_some(),
    })
}

fn redis(mut given: RedisCollect, entry: &Entry<'_>) -> Option<RedisInstance> {
    let pace = given.take_pace();
    let address = entry.address("address", given.address)?;
    let name = || address.to_string();
    let common = entry.common(pace, name, (given.collectors, &REDIS_COLLECTORS));
    let password = entry.secret(("password", "password_file"), given.password, given.password_file);
    if given.username.is_some() && password.is_none() {
        entry.problem("username", "`username` needs `password` or `password_file`");
    }
    if given.tls.is_some() && matches!(address, ServiceAddress::Unix(_)) {
        entry.problem("tls", "`tls` is for `host:port`, not for a socket");
    }
    let groups = given.key_groups.unwrap_or_default();
    let interval = Duration::from_mins(1);
    Some(RedisInstance {
        common,
        address,
        username: given.username,
        password,
        tls: given.tls.map(|tls| entry.tls(tls)),
        key_groups: groups.into_iter().map(|(name, pattern)| KeyGroup { name, pattern }).collect(),
        key_groups_interval: entry.time("key_groups_interval", given.key_groups_interval, interval),
        keys_max: entry.count("keys_max", given.keys_max, 100_000) as u64,
    })
}

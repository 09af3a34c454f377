//! Reads blackbox.yml and checks what upstream checks when it loads it, and what it finds later.

use super::databases;
use super::{
    BlackboxConfig, CLASSES, Compression, ConversationProbe, DOH_PATH, DnsOverHttps, DnsProbe,
    GrpcProbe, HeaderMatch, HttpProbe, IcmpProbe, IpChoice, PostgresProbe, ProbeBody, ProbeModule,
    Prober, RCODES, RecordChecks, SearchRegex, TYPES, TalkStep, TcpProbe, WebsocketProbe, code_of,
};
use crate::http::{canonical_header, client_fields, is_header_name, tls};
use crate::prometheus::unsupported_keys;
use crate::read::{Reader, Section, unknown_choice};
use crate::yaml::Node;
use crate::{Error, Loaded, Outside, Place, TlsConfig};
use model::units;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

const PROBERS: [&str; 9] =
    ["http", "tcp", "icmp", "dns", "grpc", "unix", "websocket", "postgres", "redis"];
/// Steps of a conversation at most.
const STEPS_MAX: usize = 1000;

/// Reads a blackbox.yml.
///
/// # Errors
/// When the file is no YAML, or says something that no module allows.
pub fn load(path: &str, text: &str) -> Result<Loaded<BlackboxConfig>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, unsupported_keys())?;
    let mut modules = BTreeMap::new();
    if let Some(file) = reader.section(&root, "") {
        if let Some(section) = file.section("modules", "modules") {
            for (name, node) in section.entries() {
                let Some(name) = name.scalar() else { continue };
                if let Some(module) = reader.section(node, "modules.module").and_then(module) {
                    let shown = reader.shown(node);
                    modules.insert(name.text.clone(), ProbeModule { shown, ..module });
                }
            }
        }
        file.finish();
    }
    reader.finish(BlackboxConfig { modules }, &root)
}

/// All sections are read, so that mistakes in those that do not count are told as well.
fn module(section: Section<'_>) -> Option<ProbeModule> {
    let name = section.text("prober").unwrap_or_default();
    let zero = Duration::ZERO;
    let timeout = section.parsed("timeout", "a duration", zero, units::parse_go_duration);
    let http = section.section("http", "http").map(http);
    let tcp = section.section("tcp", "tcp").map(tcp);
    let icmp = section.section("icmp", "icmp").map(icmp);
    let dns = section.section("dns", "dns").map(|section| (section.place, dns(section)));
    let grpc = section.section("grpc", "grpc").map(grpc);
    let unix = section.section("unix", "unix").map(unix);
    let websocket = section.section("websocket", "websocket").map(websocket);
    let postgres = section.section("postgres", "postgres").map(databases::postgres);
    let redis = section.section("redis", "redis").map(databases::redis);
    let prober = match name.as_str() {
        "http" => Some(Prober::Http(Box::new(http.unwrap_or_default()))),
        "tcp" => Some(Prober::Tcp(Box::new(tcp.unwrap_or_default()))),
        "icmp" => Some(Prober::Icmp(icmp.unwrap_or_default())),
        "dns" => dns_prober(&section, dns),
        "grpc" => Some(Prober::Grpc(Box::new(grpc.unwrap_or_default()))),
        "unix" => Some(Prober::Unix(Box::new(unix.unwrap_or_default()))),
        "websocket" => Some(Prober::Websocket(Box::new(websocket.unwrap_or_default()))),
        "postgres" => postgres_prober(&section, postgres),
        "redis" => Some(Prober::Redis(Box::new(redis.unwrap_or_default()))),
        "" => {
            let list = PROBERS.join("`, `");
            section.problem("prober", format!("a module needs `prober`: one of `{list}`"));
            None
        }
        other => {
            section.problem("prober", unknown_choice("prober", other, PROBERS.into_iter()));
            None
        }
    };
    section.finish();
    let timeout = timeout.filter(|time| !time.is_zero());
    Some(ProbeModule { timeout, prober: prober?, shown: String::new() })
}

fn dns_prober(section: &Section<'_>, dns: Option<(Place, DnsProbe)>) -> Option<Prober> {
    let Some((_, dns)) = dns else {
        section.problem("prober", "a module of DNS needs `dns` with `query_name`");
        return None;
    };
    Some(Prober::Dns(Box::new(dns)))
}

fn postgres_prober(section: &Section<'_>, postgres: Option<PostgresProbe>) -> Option<Prober> {
    let Some(postgres) = postgres else {
        section.problem("prober", "a module of PostgreSQL needs `postgres` with `username`");
        return None;
    };
    Some(Prober::Postgres(Box::new(postgres)))
}

impl Default for HttpProbe {
    fn default() -> Self {
        Self {
            valid_status_codes: Vec::new(),
            valid_http_versions: Vec::new(),
            ip: IpChoice::default(),
            skip_resolve_phase_with_proxy: false,
            fail_if_ssl: false,
            fail_if_not_ssl: false,
            method: "GET".to_owned(),
            headers: Vec::new(),
            fail_if_body_matches: Vec::new(),
            fail_if_body_not_matches: Vec::new(),
            fail_if_header_matches: Vec::new(),
            fail_if_header_not_matches: Vec::new(),
            body: ProbeBody::Empty,
            compression: None,
            body_bytes_max: None,
            client: crate::HttpClientConfig::default(),
        }
    }
}

impl Default for IcmpProbe {
    fn default() -> Self {
        let ip = IpChoice::default();
        Self { ip, source: None, payload_bytes: None, dont_fragment: false, ttl: 64 }
    }
}

fn http(section: Section<'_>) -> HttpProbe {
    let method = section.filled("method").unwrap_or_else(|| "GET".to_owned());
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !method.bytes().all(is_token) {
        section.problem("method", format!("{} is no method of HTTP", model::quote(&method)));
    }
    let mut client = client_fields(&section);
    if let Some(stays) = section.flag("no_follow_redirects") {
        let place = section.key_place("no_follow_redirects");
        let message = "`no_follow_redirects` is deprecated; use `follow_redirects`".to_owned();
        section.reader.warn(place, "no_follow_redirects", message);
        client.follow_redirects = !stays;
    }
    let headers = headers(&section);
    let compression = compression(&section, &headers);
    let probe = HttpProbe {
        valid_status_codes: status_codes(&section),
        valid_http_versions: section.texts("valid_http_versions").unwrap_or_default(),
        ip: ip_choice(&section),
        skip_resolve_phase_with_proxy: on(&section, "skip_resolve_phase_with_proxy"),
        fail_if_ssl: on(&section, "fail_if_ssl"),
        fail_if_not_ssl: on(&section, "fail_if_not_ssl"),
        method,
        headers,
        fail_if_body_matches: regexes(&section, "fail_if_body_matches_regexp"),
        fail_if_body_not_matches: regexes(&section, "fail_if_body_not_matches_regexp"),
        fail_if_header_matches: header_matches(&section, "fail_if_header_matches"),
        fail_if_header_not_matches: header_matches(&section, "fail_if_header_not_matches"),
        body: body(&section),
        compression,
        body_bytes_max: section.size("body_size_limit").and_then(|size| u64::try_from(size).ok()),
        client,
    };
    for key in ["fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"] {
        if section.get(key).is_some_and(|node| !node.is_null()) {
            section.problem(key, format!("`{key}` is not supported: CEL cannot be evaluated"));
        }
    }
    section.finish();
    HttpProbe { body_bytes_max: probe.body_bytes_max.filter(|&max| max > 0), ..probe }
}

/// Headers whose values are credentials as a rule.
const CREDENTIALS: [&str; 3] = ["Authorization", "Proxy-Authorization", "Cookie"];

fn headers(section: &Section<'_>) -> Vec<(String, String)> {
    let headers = section.text_map("headers", "http.headers");
    let nodes = section.section("headers", "http.headers");
    for (name, value) in nodes.iter().flat_map(Section::entries) {
        let name = name.scalar().map_or("", |name| name.text.as_str());
        if !is_header_name(name) {
            section
                .reader
                .problem(value.place, format!("{} is no header name", model::quote(name)));
        }
        if CREDENTIALS.contains(&canonical_header(name).as_str()) {
            section.reader.hide(value);
        }
    }
    headers
}

fn on(section: &Section<'_>, key: &'static str) -> bool {
    section.flag(key).unwrap_or_default()
}

fn status_codes(section: &Section<'_>) -> Vec<u16> {
    let code = |node: &Node| {
        let number = node.scalar().and_then(crate::yaml::Scalar::integer);
        let code = number.and_then(|number| u16::try_from(number).ok());
        if code.is_none() {
            section.reader.problem(node.place, "a status code is a number such as 200");
        }
        code
    };
    section.items("valid_status_codes").iter().filter_map(code).collect()
}

fn body(section: &Section<'_>) -> ProbeBody {
    match (section.filled("body"), section.path("body_file")) {
        (Some(_), Some(_)) => {
            section.problem("body_file", "at most one of `body` and `body_file` may be set");
            ProbeBody::Empty
        }
        (Some(text), None) => ProbeBody::Text(text),
        (None, Some(path)) => ProbeBody::File(path),
        (None, None) => ProbeBody::Empty,
    }
}

fn compression(section: &Section<'_>, headers: &[(String, String)]) -> Option<Compression> {
    let name = section.filled("compression")?;
    let lower = name.to_ascii_lowercase();
    let found = match lower.as_str() {
        "identity" => Some(Compression::Identity),
        "gzip" => Some(Compression::Gzip),
        "deflate" => Some(Compression::Deflate),
        "br" => {
            section.problem("compression", "`br` (Brotli) is not supported");
            None
        }
        _ => {
            let known = ["gzip", "deflate", "identity"];
            section.problem("compression", unknown_choice("compression", &name, known.into_iter()));
            None
        }
    };
    let accepts = headers.iter().find(|(name, _)| canonical_header(name) == "Accept-Encoding");
    if let Some((_, value)) = accepts
        && !accepts_encoding(value, &lower)
    {
        let message = format!("header `Accept-Encoding: {value}` does not accept `{name}`");
        section.problem("compression", message);
    }
    found
}

/// RFC 9110, 12.5.3: is an encoding among those that are accepted with a quality above 0?
fn accepts_encoding(header: &str, encoding: &str) -> bool {
    let quality = |wanted: &str| {
        let entries = header.split(',').map(|entry| entry.split_once(';').unwrap_or((entry, "")));
        let mut named = entries.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        let (_, params) = named.next()?;
        let q = params.split(';').find_map(|param| param.trim().strip_prefix("q="));
        Some(q.map_or(Ok(1.0), |q| q.trim().parse::<f64>()).unwrap_or(0.0))
    };
    // What is not named has the quality of the star; no encoding at all is always good.
    let unnamed = if encoding == "identity" { 1.0 } else { 0.0 };
    quality(encoding).or_else(|| quality("*")).unwrap_or(unnamed) > 0.0
}

fn header_matches(section: &Section<'_>, key: &'static str) -> Vec<HeaderMatch> {
    let read = |node: &Node| {
        let section = section.reader.section(node, key)?;
        let header = section.filled("header");
        let regex = section.get("regexp").filter(|node| !node.is_null());
        let regex = regex.and_then(|node| regex_of(section.reader, node, "regexp"));
        let allow_missing = on(&section, "allow_missing");
        if header.is_none() {
            section.problem_here(format!("`{key}` needs `header`"));
        }
        if !section.is_filled("regexp") {
            section.problem_here(format!("`{key}` needs `regexp`"));
        }
        section.finish();
        Some(HeaderMatch { header: header?, regex: regex?, allow_missing })
    };
    section.items(key).iter().filter_map(read).collect()
}

fn regexes(section: &Section<'_>, key: &'static str) -> Vec<SearchRegex> {
    let regex = |node: &Node| regex_of(section.reader, node, key);
    section.items(key).iter().filter_map(regex).collect()
}

pub(super) fn regex_of(reader: &Reader<'_>, node: &Node, key: &str) -> Option<SearchRegex> {
    let text = reader.text(node, key)?;
    match model::search_pattern(&text) {
        Ok(regex) => Some(SearchRegex { text, regex }),
        Err(error) => {
            reader.problem(node.place, format!("`{key}`: {error}"));
            None
        }
    }
}

pub(super) fn ip_choice(section: &Section<'_>) -> IpChoice {
    let choices = [("ip4", true), ("ip6", false), ("", false)];
    IpChoice {
        prefers_ip4: section.choice("preferred_ip_protocol", &choices).unwrap_or_default(),
        falls_back: section.flag("ip_protocol_fallback").unwrap_or(true),
    }
}

fn source(section: &Section<'_>) -> Option<IpAddr> {
    let parse = |text: &str| match text {
        "" => Ok(None),
        text => text.parse::<IpAddr>().map(Some),
    };
    section.parsed("source_ip_address", "an IP address", None, parse).flatten()
}

pub(super) fn tls_section(section: &Section<'_>) -> TlsConfig {
    section.section("tls_config", "http.tls_config").map(tls).unwrap_or_default()
}

fn tcp(section: Section<'_>) -> TcpProbe {
    let probe = TcpProbe {
        ip: ip_choice(&section),
        source: source(&section),
        talk: conversation(&section),
    };
    section.finish();
    probe
}

fn unix(section: Section<'_>) -> ConversationProbe {
    let probe = conversation(&section);
    section.finish();
    probe
}

fn websocket(section: Section<'_>) -> WebsocketProbe {
    let mut probe = WebsocketProbe { steps: steps(&section), ..WebsocketProbe::default() };
    if probe.steps.iter().any(|step| step.starttls || step.expect_bytes.is_some()) {
        let message = "messages of a WebSocket have neither `expect_bytes` nor `starttls`";
        section.problem("query_response", message);
    }
    if let Some(client) = section.section("http_config", "http_config") {
        probe.client = client_fields(&client);
        probe.headers = client.text_map("headers", "headers");
        client.finish();
    }
    section.finish();
    probe
}

fn steps(section: &Section<'_>) -> Vec<TalkStep> {
    let items = section.items("query_response");
    if items.len() > STEPS_MAX {
        let message = format!("`query_response` has {} steps, at most {STEPS_MAX}", items.len());
        section.problem("query_response", message);
    }
    items.iter().filter_map(|node| step(section.reader, node)).collect()
}

fn conversation(section: &Section<'_>) -> ConversationProbe {
    ConversationProbe {
        steps: steps(section),
        tls: on(section, "tls"),
        tls_config: tls_section(section),
    }
}

fn step(reader: &Reader<'_>, node: &Node) -> Option<TalkStep> {
    let section = reader.section(node, "query_response")?;
    let filled = |key| section.get(key).filter(|_| section.is_filled(key));
    let expect = filled("expect").and_then(|node| regex_of(reader, node, "expect"));
    let step = TalkStep {
        expect,
        expect_bytes: section.filled("expect_bytes"),
        labels: labels(&section),
        send: section.filled("send"),
        starttls: on(&section, "starttls"),
    };
    if !step.labels.is_empty() && !section.is_filled("expect") {
        section.problem("labels", "`labels` are made of what `expect` matches; it is missing");
    }
    section.finish();
    Some(step)
}

fn labels(section: &Section<'_>) -> Vec<(String, String)> {
    let mut labels: Vec<(String, String)> = Vec::new();
    for node in section.items("labels") {
        let Some(label) = section.reader.section(node, "labels") else { continue };
        let (name, value) = (label.text("name"), label.text("value").unwrap_or_default());
        let name = name.unwrap_or_default();
        if !model::is_legacy_label_name(&name) {
            let message = format!("{} is no name of a label", model::quote(&name));
            label.problem("name", message);
        } else if labels.iter().any(|(known, _)| *known == name) {
            label.problem("name", format!("label `{name}` is there twice"));
        }
        label.finish();
        labels.push((name, value));
    }
    labels
}

fn icmp(section: Section<'_>) -> IcmpProbe {
    let ttl = section.number::<i64>("ttl").unwrap_or(64);
    if !(0..=255).contains(&ttl) {
        section.problem("ttl", format!("`ttl` is 0 to 255, found {ttl}"));
    }
    let payload = section.number::<u16>("payload_size").filter(|&bytes| bytes > 0);
    // 65,535 bytes of a packet less the headers of IPv4 and ICMP.
    if payload.is_some_and(|bytes| bytes > 65_507) {
        section.problem("payload_size", "`payload_size` is at most 65507: no packet is larger");
    }
    let probe = IcmpProbe {
        ip: ip_choice(&section),
        source: source(&section),
        payload_bytes: payload,
        dont_fragment: on(&section, "dont_fragment"),
        ttl: u8::try_from(ttl).unwrap_or(64),
    };
    section.finish();
    probe
}

fn dns(section: Section<'_>) -> DnsProbe {
    let over_tcp =
        section.choice("transport_protocol", &[("udp", false), ("tcp", true), ("", false)]);
    let over_tcp = over_tcp.unwrap_or_default();
    let over_tls = on(&section, "dns_over_tls");
    if over_tls && !over_tcp {
        section.problem("dns_over_tls", "`dns_over_tls` needs `transport_protocol: tcp`");
    }
    let over_https = over_https(&section);
    if over_https.is_some() && (over_tls || over_tcp) {
        let message = "`dns_over_https` excludes `dns_over_tls` and `transport_protocol: tcp`";
        section.problem("dns_over_https", message);
    }
    let query_name = section.text("query_name").unwrap_or_default();
    if query_name.is_empty() {
        section.problem("query_name", "query name must be set for DNS module");
    }
    let code = |key: &'static str, table: &'static [(&str, u16)], default: u16| {
        let Some(name) = section.filled(key) else { return default };
        code_of(table, &name).unwrap_or_else(|| {
            section.problem(key, unknown_choice(key, &name, table.iter().map(|(name, _)| *name)));
            default
        })
    };
    let probe = DnsProbe {
        ip: ip_choice(&section),
        source: source(&section),
        over_tcp,
        over_tls,
        over_https,
        tls_config: tls_section(&section),
        query_type: code("query_type", TYPES, 255),
        query_class: code("query_class", CLASSES, 1),
        recursion_desired: section.flag("recursion_desired").unwrap_or(true),
        valid_rcodes: rcodes(&section),
        answer: checks(&section, "validate_answer_rrs"),
        authority: checks(&section, "validate_authority_rrs"),
        additional: checks(&section, "validate_additional_rrs"),
        query_name,
    };
    section.finish();
    probe
}

/// Flyball's own keys: the exporter knows no DNS over HTTPS.
fn over_https(section: &Section<'_>) -> Option<DnsOverHttps> {
    let uses_get = section.choice("https_method", &[("POST", false), ("GET", true)]);
    let path = section.filled("https_path");
    if path.as_ref().is_some_and(|path| !path.starts_with('/') || path.contains(['?', '#', ' '])) {
        section.problem("https_path", "`https_path` is a path such as `/dns-query`");
    }
    let asked = on(section, "dns_over_https");
    if !asked && (uses_get.is_some() || path.is_some()) {
        section.problem_here("`https_method` and `https_path` are for `dns_over_https: true`");
    }
    let path = path.unwrap_or_else(|| DOH_PATH.to_owned());
    asked.then(|| DnsOverHttps { uses_get: uses_get.unwrap_or_default(), path })
}

fn rcodes(section: &Section<'_>) -> Vec<u16> {
    let items = section.items("valid_rcodes");
    if items.is_empty() {
        return vec![0];
    }
    let code = |node: &Node| {
        let name = section.reader.text(node, "valid_rcodes")?;
        let code = code_of(RCODES, &name);
        if code.is_none() {
            let names = RCODES.iter().map(|(name, _)| *name);
            section.reader.problem(node.place, unknown_choice("valid_rcodes", &name, names));
        }
        code
    };
    items.iter().filter_map(code).collect()
}

fn checks(section: &Section<'_>, key: &'static str) -> RecordChecks {
    let Some(section) = section.section(key, "dns.checks") else { return RecordChecks::default() };
    let checks = RecordChecks {
        fail_if_matches: regexes(&section, "fail_if_matches_regexp"),
        fail_if_all_match: regexes(&section, "fail_if_all_match_regexp"),
        fail_if_not_matches: regexes(&section, "fail_if_not_matches_regexp"),
        fail_if_none_matches: regexes(&section, "fail_if_none_matches_regexp"),
    };
    section.finish();
    checks
}

fn grpc(section: Section<'_>) -> GrpcProbe {
    let probe = GrpcProbe {
        ip: ip_choice(&section),
        service: section.text("service").unwrap_or_default(),
        tls: on(&section, "tls"),
        tls_config: tls_section(&section),
    };
    section.finish();
    probe
}

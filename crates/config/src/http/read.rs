//! Reads the HTTP client section and checks what upstream's `HTTPClientConfig.Validate` checks.
//! The keys are inlined into the section that uses them, so readers share one [`Section`].

use super::{
    HeaderValue, HttpAuth, HttpClientConfig, HttpHeader, OAuth2Config, ProxyConfig, TextSource,
    TlsConfig, TlsVersion,
};
use crate::prometheus::unsupported_keys;
use crate::read::{Reader, Section};
use crate::yaml::Node;
use crate::{Error, Loaded, Outside, Secret, SecretSource, urls};

const TLS_VERSIONS: [(&str, TlsVersion); 4] = [
    ("TLS10", TlsVersion::Tls10),
    ("TLS11", TlsVersion::Tls11),
    ("TLS12", TlsVersion::Tls12),
    ("TLS13", TlsVersion::Tls13),
];

/// Reads a file that holds only HTTP client keys (promtool's `--http.config.file`).
///
/// # Errors
/// When the file is no YAML, or says something that such a section does not allow.
pub fn load_http_client(path: &str, text: &str) -> Result<Loaded<HttpClientConfig>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, unsupported_keys())?;
    let config = reader.section(&root, "").map(client).unwrap_or_default();
    reader.finish(config, &root)
}

/// A section of its own that holds only HTTP client keys.
pub(crate) fn client(section: Section<'_>) -> HttpClientConfig {
    let config = client_fields(&section);
    section.finish();
    config
}

/// The HTTP client keys of a section that has others too.
pub(crate) fn client_fields(section: &Section<'_>) -> HttpClientConfig {
    let default = HttpClientConfig::default();
    HttpClientConfig {
        auth: auth(section),
        tls: section.section("tls_config", "http.tls_config").map(tls).unwrap_or_default(),
        follow_redirects: section.flag("follow_redirects").unwrap_or(default.follow_redirects),
        enable_http2: section.flag("enable_http2").unwrap_or(default.enable_http2),
        proxy: proxy(section),
        headers: headers(section),
    }
}

/// Every way to authenticate that is there, in the order in which they exclude each other.
fn auth(section: &Section<'_>) -> HttpAuth {
    let bearer = section.secret_or_file("bearer_token", "bearer_token_file");
    let basic = section.section("basic_auth", "http.basic_auth").map(basic_auth);
    let authorization = section.section("authorization", "http.authorization").map(authorization);
    let oauth2 = section.section("oauth2", "http.oauth2").map(oauth2);
    let ways: Vec<&'static str> = [
        (basic.is_some(), "basic_auth"),
        (authorization.is_some(), "authorization"),
        (oauth2.is_some(), "oauth2"),
        (
            bearer.is_some(),
            if section.has("bearer_token") { "bearer_token" } else { "bearer_token_file" },
        ),
    ]
    .into_iter()
    .filter_map(|(set, key)| set.then_some(key))
    .collect();
    if let [first, second, ..] = ways[..] {
        let place = section.key_place(second);
        let message = format!("at most one of `{first}` and `{second}` may be set");
        section.reader.problem(place, message);
    }
    let bearer = bearer.map(|credentials| HttpAuth::Authorization {
        kind: "Bearer".into(),
        credentials: Some(credentials),
    });
    basic.or(authorization).or(oauth2).or(bearer).unwrap_or_default()
}

fn basic_auth(section: Section<'_>) -> HttpAuth {
    let inline = section.filled("username");
    let file = section.path("username_file");
    exclusive(&section, &["username", "username_file", "username_ref"]);
    exclusive(&section, &["password", "password_file", "password_ref"]);
    secret_manager_only(&section, "username_ref");
    secret_manager_only(&section, "password_ref");
    let (password, password_file) = (section.secret("password"), section.path("password_file"));
    section.finish();
    HttpAuth::Basic {
        username: match file {
            Some(path) => TextSource::File(path),
            None => TextSource::Inline(inline.unwrap_or_default()),
        },
        password: password.map(SecretSource::Inline).or(password_file.map(SecretSource::File)),
    }
}

fn authorization(section: Section<'_>) -> HttpAuth {
    let kind = section.text("type").map(|kind| kind.trim().to_owned()).unwrap_or_default();
    if kind.eq_ignore_ascii_case("basic") {
        section.problem("type", "authorization `type` cannot be `basic`; use `basic_auth`");
    }
    exclusive(&section, &["credentials", "credentials_file", "credentials_ref"]);
    secret_manager_only(&section, "credentials_ref");
    let (inline, file) = (section.secret("credentials"), section.path("credentials_file"));
    section.finish();
    HttpAuth::Authorization {
        kind: if kind.is_empty() { "Bearer".into() } else { kind },
        credentials: inline.map(SecretSource::Inline).or(file.map(SecretSource::File)),
    }
}

fn oauth2(section: Section<'_>) -> HttpAuth {
    let place = section.place;
    let reader = section.reader;
    exclusive(&section, &["client_secret", "client_secret_file", "client_secret_ref"]);
    secret_manager_only(&section, "client_secret_ref");
    let (inline, file) = (section.secret("client_secret"), section.path("client_secret_file"));
    // Keys for the JWT bearer grant (RFC 7523); upstream reads them beside the client secret.
    for key in ["client_certificate_key_id", "signature_algorithm", "iss", "audience", "grant_type"]
    {
        section.text(key);
    }
    section.secret_or_file("client_certificate_key", "client_certificate_key_file");
    let has_certificate = ["client_certificate_key", "client_certificate_key_file", "grant_type"];
    let by_certificate = has_certificate.into_iter().find(|key| section.is_filled(key));
    section.text_map("claims", "http.oauth2.claims");
    let config = OAuth2Config {
        client_id: section.text("client_id").unwrap_or_default(),
        client_secret: inline.map(SecretSource::Inline).or(file.map(SecretSource::File)),
        scopes: section.texts("scopes").unwrap_or_default(),
        token_url: section.text("token_url").unwrap_or_default(),
        endpoint_params: section.text_map("endpoint_params", "http.oauth2.endpoint_params"),
        tls: section.section("tls_config", "http.tls_config").map(tls).unwrap_or_default(),
        proxy: proxy(&section),
    };
    section.finish();
    for (value, key) in [(&config.client_id, "client_id"), (&config.token_url, "token_url")] {
        if value.is_empty() {
            reader.problem(place, format!("`oauth2` needs `{key}`"));
        }
    }
    if by_certificate.is_some() {
        reader.unsupported(place, "http.oauth2.client_certificate_key");
    }
    HttpAuth::OAuth2(Box::new(config))
}

/// The `*_ref` keys name entries of a secret manager; Prometheus has none, so they never work.
fn secret_manager_only(section: &Section<'_>, key: &'static str) {
    if section.filled(key).is_some() {
        section.reader.unsupported(section.key_place(key), "http.*_ref");
    }
}

/// At most one of the keys may have a value.
fn exclusive(section: &Section<'_>, keys: &[&'static str]) {
    let set: Vec<&'static str> =
        keys.iter().copied().filter(|key| section.is_filled(key)).collect();
    if let [first, second, ..] = set[..] {
        let place = section.key_place(second);
        section
            .reader
            .problem(place, format!("at most one of `{first}` and `{second}` may be set"));
    }
}

/// TLS towards a server.
pub(crate) fn tls(section: Section<'_>) -> TlsConfig {
    for keys in [
        ["ca", "ca_file", "ca_ref"],
        ["cert", "cert_file", "cert_ref"],
        ["key", "key_file", "key_ref"],
    ] {
        exclusive(&section, &keys);
        secret_manager_only(&section, keys[2]);
    }
    let text = |inline: Option<String>, file: Option<String>| {
        inline.map(TextSource::Inline).or(file.map(TextSource::File))
    };
    let (key, key_file) = (section.secret("key"), section.path("key_file"));
    let config = TlsConfig {
        ca: text(section.filled("ca"), section.path("ca_file")),
        cert: text(section.filled("cert"), section.path("cert_file")),
        key: key.map(SecretSource::Inline).or(key_file.map(SecretSource::File)),
        server_name: section.filled("server_name"),
        insecure_skip_verify: section.flag("insecure_skip_verify").unwrap_or_default(),
        min_version: section.choice("min_version", &TLS_VERSIONS),
        max_version: section.choice("max_version", &TLS_VERSIONS),
    };
    match (config.cert.is_some(), config.key.is_some()) {
        (true, false) => {
            section.problem_here("`tls_config` has a certificate but no key; set `key_file`");
        }
        (false, true) => {
            section.problem_here("`tls_config` has a key but no certificate; set `cert_file`");
        }
        (true, true) | (false, false) => {}
    }
    section.finish();
    config
}

fn proxy(section: &Section<'_>) -> ProxyConfig {
    let url = section.parsed("proxy_url", "a URL", None, |text| {
        urls::parse(text).map(|_| Some(text.to_owned()))
    });
    let url = url.flatten().filter(|url| !url.is_empty());
    let no_proxy = section.filled("no_proxy");
    let from_environment = section.flag("proxy_from_environment").unwrap_or_default();
    let connect_headers = section
        .section("proxy_connect_header", "http.proxy_connect_header")
        .map(|headers| connect_headers(&headers))
        .unwrap_or_default();
    let rules = [
        (
            from_environment && url.is_some(),
            "proxy_from_environment",
            "`proxy_from_environment` excludes `proxy_url`",
        ),
        (
            from_environment && no_proxy.is_some(),
            "proxy_from_environment",
            "`proxy_from_environment` excludes `no_proxy`",
        ),
        (url.is_none() && no_proxy.is_some(), "no_proxy", "`no_proxy` needs `proxy_url`"),
        (
            url.is_none() && !from_environment && !connect_headers.is_empty(),
            "proxy_connect_header",
            "`proxy_connect_header` needs `proxy_url` or `proxy_from_environment`",
        ),
    ];
    for (broken, key, message) in rules {
        if broken {
            section.problem(key, message);
        }
    }
    // Clients speak to proxies by HTTP; what SOCKS demands is not there.
    if url.as_deref().is_some_and(|url| url.to_ascii_lowercase().starts_with("socks")) {
        section.reader.unsupported(section.key_place("proxy_url"), "http.proxy_url");
    }
    ProxyConfig { url: url.map(Secret::new), no_proxy, from_environment, connect_headers }
}

fn connect_headers(section: &Section<'_>) -> Vec<HttpHeader> {
    let headers = section.entries().iter().filter_map(|(name, values)| {
        let name = canonical_header(&name.scalar()?.text);
        let values = section.reader.list_of_texts(values, "proxy_connect_header");
        let values = values.into_iter().map(|(item, text)| {
            section.reader.hide(item);
            HeaderValue::Secret(SecretSource::Inline(Secret::new(text)))
        });
        Some(HttpHeader { name, values: values.collect() })
    });
    headers.collect()
}

/// Headers that the client or its authentication sets; prometheus/common refuses them.
const RESERVED_HEADERS: [&str; 18] = [
    "Accept-Encoding",
    "Authorization",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Host",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "User-Agent",
    "Www-Authenticate",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Prometheus-Remote-Read-Version",
    "X-Prometheus-Remote-Write-Version",
    "X-Prometheus-Scrape-Timeout-Seconds",
];

fn headers(section: &Section<'_>) -> Vec<HttpHeader> {
    let Some(headers) = section.section("http_headers", "http.http_headers") else {
        return Vec::new();
    };
    headers.entries().iter().filter_map(|(name, value)| header(&headers, name, value)).collect()
}

fn header(parent: &Section<'_>, key: &Node, value: &Node) -> Option<HttpHeader> {
    let reader = parent.reader;
    let name = canonical_header(&key.scalar()?.text);
    if RESERVED_HEADERS.contains(&name.as_str()) {
        reader.problem(key.place, format!("header `{name}` is reserved; it cannot be set here"));
    } else if !is_header_name(&name) {
        reader.problem(key.place, format!("{} is no header name", model::quote(&name)));
    }
    let section = reader.section(value, "http.http_headers")?;
    let mut values: Vec<HeaderValue> =
        section.texts("values").unwrap_or_default().into_iter().map(HeaderValue::Plain).collect();
    for item in section.items("secrets") {
        reader.hide(item);
        let text = reader.text(item, "secrets").unwrap_or_default();
        values.push(HeaderValue::Secret(SecretSource::Inline(Secret::new(text))));
    }
    for path in section.texts("files").unwrap_or_default() {
        values.push(HeaderValue::Secret(SecretSource::File(reader.join_directory(&path))));
    }
    section.finish();
    Some(HttpHeader { name, values })
}

/// RFC 9110, 5.6.2: a token.
pub(crate) fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// `x-scope-orgid` -> `X-Scope-Orgid`, as Go's `CanonicalHeaderKey`; other texts stay.
pub(crate) fn canonical_header(name: &str) -> String {
    if !is_header_name(name) {
        return name.to_owned();
    }
    let mut upper = true;
    let letters = name.chars().map(|c| {
        let letter = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        upper = c == '-';
        letter
    });
    letters.collect()
}

#[cfg(test)]
mod tests;

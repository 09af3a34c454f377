//! Reads web-config.yml and checks what the exporter toolkit checks when it starts.

use super::{CipherSuite, ClientAuth, Curve, RateLimit, TlsServerConfig, WebConfig};
use crate::hint::did_you_mean;
use crate::read::{Reader, Section};
use crate::{Error, Loaded, Outside, Secret, SecretSource, TextSource, TlsVersion};
use model::units;

/// Headers that may be added, with the values that are allowed (none: any).
const HEADERS: [(&str, &[&str]); 5] = [
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

/// Cipher suites and curves that Go knows; `None` for those that are not available here.
const CIPHER_SUITES: [(&str, Option<CipherSuite>); 13] = [
    ("TLS_AES_128_GCM_SHA256", Some(CipherSuite::TLS_AES_128_GCM_SHA256)),
    ("TLS_AES_256_GCM_SHA384", Some(CipherSuite::TLS_AES_256_GCM_SHA384)),
    ("TLS_CHACHA20_POLY1305_SHA256", Some(CipherSuite::TLS_CHACHA20_POLY1305_SHA256)),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        Some(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        Some(CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        Some(CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
    ),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", None),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", None),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", None),
    ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", None),
];

const CURVES: [(&str, Option<Curve>); 4] = [
    ("CurveP256", Some(Curve::P256)),
    ("CurveP384", Some(Curve::P384)),
    ("CurveP521", None),
    ("X25519", Some(Curve::X25519)),
];

/// Reads a whole web-config.yml.
pub fn load(path: &str, text: &str) -> Result<Loaded<WebConfig>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, &[])?;
    let config = reader.section(&root, "").map(read_file).unwrap_or_default();
    reader.finish(config, &root)
}

fn read_file(file: Section<'_>) -> WebConfig {
    let mut config = WebConfig {
        tls: file.section("tls_server_config", "tls_server_config").and_then(tls),
        users: users(&file),
        rate_limit: file.section("rate_limit", "rate_limit").and_then(rate_limit),
        ..WebConfig::default()
    };
    if let Some(http) = file.section("http_server_config", "http_server_config") {
        config.http2 = http.flag("http2").unwrap_or(true);
        config.headers = http.text_map("headers", "http_server_config.headers");
        check_headers(&http);
        http.finish();
    }
    file.finish();
    config
}

fn check_headers(http: &Section<'_>) {
    let Some(headers) = http.section("headers", "http_server_config.headers") else { return };
    for (name, value) in headers.entries() {
        let text = name.scalar().map_or("", |name| name.text.as_str());
        let names = HEADERS.iter().map(|(name, _)| *name);
        let Some((_, allowed)) = HEADERS.iter().find(|(name, _)| *name == text) else {
            let hint = did_you_mean(text, names);
            let message = format!("header {} cannot be set here{hint}", model::quote(text));
            http.reader.problem(name.place, message);
            continue;
        };
        let found = value.scalar().map_or("", |value| value.text.as_str());
        if !allowed.is_empty() && !allowed.contains(&found) {
            let expected = allowed.join("` or `");
            let message = format!("`{text}` is `{expected}`, found {}", model::quote(found));
            http.reader.problem(value.place, message);
        }
    }
}

fn users(file: &Section<'_>) -> Vec<(String, Secret)> {
    let Some(section) = file.section("basic_auth_users", "basic_auth_users") else {
        return Vec::new();
    };
    let mut users = Vec::new();
    for (name, value) in section.entries() {
        file.reader.hide(value);
        let name = name.scalar().map_or("", |name| name.text.as_str());
        let Some(hash) = file.reader.text(value, name) else { continue };
        if !is_bcrypt(&hash) {
            let message = format!("the password of user {} is no bcrypt hash", model::quote(name));
            file.reader.problem(value.place, message);
        }
        users.push((name.to_owned(), Secret::new(hash)));
    }
    users
}

/// `$2a$10$` and 53 letters: 22 of salt, 31 of hash, in bcrypt's own alphabet.
fn is_bcrypt(hash: &str) -> bool {
    let Some(rest) =
        ["$2$", "$2a$", "$2b$", "$2x$", "$2y$"].iter().find_map(|p| hash.strip_prefix(p))
    else {
        return false;
    };
    let Some((cost, letters)) = rest.split_once('$') else { return false };
    let cost_valid = cost.len() == 2 && cost.parse::<u8>().is_ok_and(|c| (4..=31).contains(&c));
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    cost_valid && letters.len() == 53 && letters.bytes().all(letter)
}

fn rate_limit(section: Section<'_>) -> Option<RateLimit> {
    let zero = std::time::Duration::ZERO;
    let interval = section.parsed("interval", "a duration", zero, units::parse_go_duration);
    let burst = section.number::<u64>("burst").unwrap_or_default();
    let interval = interval.filter(|interval| !interval.is_zero());
    if interval.is_some() && burst == 0 {
        let message = "`burst` is 0, so every request is refused".to_owned();
        section.reader.warn(section.place, "rate_limit", message);
    }
    section.finish();
    interval.map(|interval| RateLimit { interval, burst })
}

fn tls(section: Section<'_>) -> Option<TlsServerConfig> {
    let cert = text_source(&section, "cert", "cert_file");
    let key = secret_source(&section);
    let client_ca = text_source(&section, "client_ca", "client_ca_file");
    let client_auth = client_auth(&section);
    let client_allowed_sans = section.texts("client_allowed_sans").unwrap_or_default();
    let (min_version, max_version) = versions(&section);
    let cipher_suites = known(&section, "cipher_suites", &CIPHER_SUITES);
    let curves = known(&section, "curve_preferences", &CURVES);
    let prefer = section.flag("prefer_server_cipher_suites").unwrap_or(true);
    let wanted = cert.is_some()
        || key.is_some()
        || client_ca.is_some()
        || section.is_filled("client_auth_type");
    if wanted && (cert.is_none() || key.is_none()) {
        let missing = if cert.is_none() { "cert_file" } else { "key_file" };
        section.problem_here(format!("`tls_server_config` needs `{missing}`"));
    }
    if client_ca.is_some() && client_auth == ClientAuth::None {
        let message = "authorities for client certificates are of no use without \
                       `client_auth_type`";
        section.problem_here(message);
    }
    let required = matches!(client_auth, ClientAuth::RequireAny | ClientAuth::RequireAndVerify);
    if section.is_filled("client_allowed_sans") && !required {
        let message = "`client_allowed_sans` needs a `client_auth_type` that requires a \
                       certificate";
        section.problem("client_allowed_sans", message);
    }
    section.finish();
    Some(TlsServerConfig {
        cert: cert?,
        key: key?,
        client_auth,
        client_ca,
        client_allowed_sans,
        min_version,
        max_version,
        cipher_suites,
        curves,
        prefer_server_cipher_suites: prefer,
    })
}

/// The file wins over the text, as in the toolkit.
fn text_source(
    section: &Section<'_>,
    inline: &'static str,
    file: &'static str,
) -> Option<TextSource> {
    let inline = section.filled(inline).map(TextSource::Inline);
    section.path(file).map(TextSource::File).or(inline)
}

fn secret_source(section: &Section<'_>) -> Option<SecretSource> {
    let inline = section.secret("key").map(SecretSource::Inline);
    section.path("key_file").map(SecretSource::File).or(inline)
}

fn client_auth(section: &Section<'_>) -> ClientAuth {
    let choices = [
        ("", ClientAuth::None),
        ("NoClientCert", ClientAuth::None),
        ("RequestClientCert", ClientAuth::Request),
        ("RequireAnyClientCert", ClientAuth::RequireAny),
        ("RequireClientCert", ClientAuth::RequireAny),
        ("VerifyClientCertIfGiven", ClientAuth::VerifyIfGiven),
        ("RequireAndVerifyClientCert", ClientAuth::RequireAndVerify),
    ];
    section.choice("client_auth_type", &choices).unwrap_or_default()
}

fn versions(section: &Section<'_>) -> (TlsVersion, TlsVersion) {
    let choices = ["TLS10", "TLS11", "TLS12", "TLS13"]
        .map(|name| (name, TlsVersion::parse(name).unwrap_or(TlsVersion::Tls12)));
    let min = section.choice("min_version", &choices).unwrap_or(TlsVersion::Tls12);
    let max = section.choice("max_version", &choices).unwrap_or(TlsVersion::Tls13);
    if min < TlsVersion::Tls12 {
        let message = "TLS below 1.2 is never spoken; the oldest version is TLS 1.2".to_owned();
        let place = section.place_of("min_version");
        section.reader.warn(place, "tls_server_config.min_version", message);
    }
    if max < TlsVersion::Tls12 {
        section.problem("max_version", "TLS below 1.2 is not supported");
    } else if min > max {
        section.problem("max_version", "`max_version` is older than `min_version`");
    }
    (min.max(TlsVersion::Tls12), max)
}

/// Words of a list that are available; others that Go knows are named in a warning.
fn known<T: Copy>(
    section: &Section<'_>,
    key: &'static str,
    table: &[(&'static str, Option<T>)],
) -> Vec<T> {
    let mut found = Vec::new();
    let mut left_out = 0;
    for item in section.items(key) {
        let Some(text) = section.reader.text(item, key) else { continue };
        match table.iter().find(|(name, _)| *name == text) {
            Some((_, Some(value))) => found.push(*value),
            Some((name, None)) => {
                let message = format!("`{name}` is not available; it is left out");
                section.reader.warn(item.place, key, message);
                left_out += 1;
            }
            None => {
                let hint = did_you_mean(&text, table.iter().map(|(name, _)| *name));
                let message = format!("`{key}`: {} is unknown{hint}", model::quote(&text));
                section.reader.problem(item.place, message);
            }
        }
    }
    if found.is_empty() && left_out > 0 {
        section.problem(key, format!("nothing in `{key}` is available"));
    }
    found
}

#[cfg(test)]
mod tests;

//! Headers that say who we are: authorization and the configured ones, built for each request.

use crate::source::{secret_line, text_line};
use crate::{Error, ErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{HeaderValue as ConfigValue, HttpAuth, HttpHeader};
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use sys::Vfs;
use url::Url;

/// Adds the configured headers, then the authorization. Secret files are read now.
pub(crate) fn apply(
    vfs: &dyn Vfs,
    auth: &HttpAuth,
    configured: &[HttpHeader],
    headers: &mut HeaderMap,
) -> Result<(), Error> {
    for header in configured {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|error| {
            let message = format!("{:?} is no header name", header.name);
            Error::new(ErrorKind::Config, message).caused_by(error)
        })?;
        headers.remove(&name);
        for value in &header.values {
            let what = format!("header {:?}", header.name);
            let (text, sensitive) = match value {
                ConfigValue::Plain(text) => (text.clone(), false),
                ConfigValue::Secret(source) => (secret_line(vfs, source, &what)?, true),
            };
            headers.append(name.clone(), header_value(&text, &what, sensitive)?);
        }
    }
    if let Some(text) = authorization(vfs, auth)? {
        headers.insert(AUTHORIZATION, header_value(&text, "authorization", true)?);
    }
    Ok(())
}

/// Configured headers as names and values, for a request that is written by hand.
pub(crate) fn lines(
    vfs: &dyn Vfs,
    configured: &[HttpHeader],
) -> Result<Vec<(String, String)>, Error> {
    let mut headers = HeaderMap::new();
    apply(vfs, &HttpAuth::None, configured, &mut headers)?;
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(headers.iter().map(line).collect())
}

fn authorization(vfs: &dyn Vfs, auth: &HttpAuth) -> Result<Option<String>, Error> {
    match auth {
        // Tokens of OAuth 2.0 are fetched, not read: see `oauth2`.
        HttpAuth::None | HttpAuth::OAuth2(_) => Ok(None),
        HttpAuth::Basic { username, password } => {
            let user = text_line(vfs, username, "user name")?;
            let password = match password {
                Some(source) => secret_line(vfs, source, "password")?,
                None => String::new(),
            };
            Ok(Some(basic(&user, &password)))
        }
        HttpAuth::Authorization { kind, credentials } => {
            let credentials = match credentials {
                Some(source) => secret_line(vfs, source, "credentials")?,
                None => String::new(),
            };
            Ok(Some(format!("{kind} {credentials}")))
        }
    }
}

/// Value of a basic authorization.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Moves `user:password@` from a URL into the authorization header, unless one is there.
///
/// # Errors
/// `Config` when they cannot stand in a header.
pub fn from_url(url: &mut Url, headers: &mut HeaderMap) -> Result<(), Error> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    let password = percent_decode(url.password().unwrap_or_default());
    let text = basic(&percent_decode(url.username()), &password);
    if !headers.contains_key(AUTHORIZATION) {
        headers.insert(AUTHORIZATION, header_value(&text, "authorization", true)?);
    }
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_err(|()| Error::new(ErrorKind::Config, "URL cannot carry a user name"))
}

pub(crate) fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

pub(crate) fn header_value(text: &str, what: &str, sensitive: bool) -> Result<HeaderValue, Error> {
    // The cause would not show the value, but says nothing more either.
    let value = HeaderValue::from_bytes(text.as_bytes()).ok();
    let mut value = value.ok_or_else(|| {
        let message = format!("value of {what} holds bytes that no header may carry");
        Error::new(ErrorKind::Config, message)
    })?;
    value.set_sensitive(sensitive);
    Ok(value)
}

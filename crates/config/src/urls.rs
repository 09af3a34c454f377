//! URLs as strictly as Go's `url.Parse` checks them, no more: configuration files rely on it.
//! Used by every section with a URL; requests are made by `net` from the same text.
//! Messages never repeat the URL: it may carry a password.

/// Parts of a URL that loaders look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Url<'t> {
    /// Before the colon; empty for relative references.
    pub(crate) scheme: &'t str,
    /// Host with port, without user; empty when there is no `//`.
    pub(crate) host: &'t str,
}

/// Splits a URL; fails where Go's parser fails.
pub(crate) fn parse(text: &str) -> Result<Url<'_>, String> {
    if text.chars().any(|c| c.is_ascii_control()) {
        return Err("the URL contains a control character".into());
    }
    let (scheme, rest) = split_scheme(text)?;
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    if scheme.is_empty() {
        let first = rest.split('/').next().unwrap_or_default();
        if !rest.starts_with('/') && first.contains(':') {
            return Err("the first part of the path of a URL without scheme has a colon".into());
        }
    }
    let Some(after) = rest.strip_prefix("//") else {
        check_escapes(rest)?;
        return Ok(Url { scheme, host: "" });
    };
    let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    check_host(host)?;
    check_escapes(authority)?;
    check_escapes(path)?;
    Ok(Url { scheme, host })
}

/// A URL that a client can dial: `http` or `https` and a host.
pub(crate) fn parse_http(text: &str) -> Result<Url<'_>, String> {
    let url = parse(text)?;
    if !matches!(url.scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return Err("the scheme of the URL must be `http` or `https`".into());
    }
    if url.host.is_empty() {
        return Err("the URL has no host".into());
    }
    Ok(url)
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    match text.split_once(':') {
        Some(("", _)) => Err("the URL begins with a colon; expected a scheme".into()),
        Some((scheme, rest)) if is_scheme(scheme) => Ok((scheme, rest)),
        // Go stops looking for a scheme at the first letter that a scheme cannot have.
        Some(_) | None => Ok(("", text)),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn check_host(host: &str) -> Result<(), String> {
    let port = if let Some(rest) = host.strip_prefix('[') {
        let Some((_, port)) = rest.rsplit_once(']') else {
            return Err("the URL has a `[` without `]` in its host".into());
        };
        port
    } else {
        host.find(':').map_or("", |at| &host[at..])
    };
    let digits = port.strip_prefix(':');
    let valid = port.is_empty() || digits.is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    if !valid {
        return Err("the port of the URL is no number".into());
    }
    if host.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']) {
        return Err("the host of the URL has a character that no host can have".into());
    }
    Ok(())
}

fn check_escapes(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let broken = |at: &usize| bytes[*at] == b'%' && !(hex(at + 1) && hex(at + 2));
    match (0..bytes.len()).find(broken) {
        Some(_) => Err("the URL has a `%` without two hexadecimal digits".into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! How targets are written: `host:port`, with IPv6 addresses in brackets, as Go splits them.

/// Host and port of `host:port`.
pub(crate) fn host_port(target: &str) -> Result<(&str, u16), String> {
    let wrong = |why: &str| format!("address {target}: {why}");
    let (host, port) = if let Some(inner) = target.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').ok_or_else(|| wrong("missing ']'"))?;
        (host, rest.strip_prefix(':').ok_or_else(|| wrong("missing port in address"))?)
    } else {
        let (host, port) =
            target.rsplit_once(':').ok_or_else(|| wrong("missing port in address"))?;
        if host.contains(':') {
            return Err(wrong("too many colons in address"));
        }
        (host, port)
    };
    let port = port.parse::<u16>().map_err(|error| wrong(&format!("port {port}: {error}")))?;
    // Go dials this host for an empty one.
    Ok((if host.is_empty() { "localhost" } else { host }, port))
}

/// Host and port of a target that may lack the port.
pub(crate) fn host_maybe_port(target: &str, default: u16) -> (&str, u16) {
    let bare = target.trim_start_matches('[').trim_end_matches(']');
    host_port(target).unwrap_or((bare, default))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_split_as_in_go() {
        assert_eq!(host_port("a.example:25"), Ok(("a.example", 25)));
        assert_eq!(host_port("[::1]:25"), Ok(("::1", 25)));
        assert_eq!(host_port(":25"), Ok(("localhost", 25)));
        for wrong in ["a.example", "::1", "::1:25", "[::1]", "[::1", "a:b", "a:70000", ""] {
            assert!(host_port(wrong).is_err(), "{wrong}");
        }
        assert_eq!(host_maybe_port("::1", 53), ("::1", 53));
        assert_eq!(host_maybe_port("[::1]", 53), ("::1", 53));
        assert_eq!(host_maybe_port("dns.example", 53), ("dns.example", 53));
        assert_eq!(host_maybe_port("dns.example:54", 53), ("dns.example", 54));
    }
}

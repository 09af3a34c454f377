//! nginx's `log_format`: literals and variables in turn. A line is cut at the literals; what stands
//! between them are the values. Pure, in time proportional to the line.

/// Format of nginx's `combined`.
const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status \
    $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";
/// Most variables of a format.
const VARIABLES_MAX: usize = 64;

/// A format that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogFormat {
    /// What stands before the first variable.
    head: String,
    /// Each variable with the literal after it.
    fields: Vec<(String, String)>,
}

/// What a line tells of a request; texts as they stand in the line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Request<'l> {
    /// Method, e.g. `GET`.
    pub(super) method: &'l str,
    /// Path without the query.
    pub(super) path: &'l str,
    /// Status code.
    pub(super) status: &'l str,
    /// Bytes of the body that were sent.
    pub(super) bytes: Option<u64>,
    /// Seconds from the first byte read to the last one sent.
    pub(super) seconds: Option<f64>,
    /// Seconds that the upstream took, all tries together.
    pub(super) upstream_seconds: Option<f64>,
}

impl LogFormat {
    /// Reads a format as nginx.conf has it; `combined` stands for nginx's own.
    ///
    /// # Errors
    /// A sentence: what the format lacks.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = if text == "combined" { COMBINED } else { text };
        let mut format = Self { head: String::new(), fields: Vec::new() };
        while !rest.is_empty() {
            let (name, after) = match rest.strip_prefix('$') {
                Some(after) => variable(after),
                None => ("", rest),
            };
            if name.is_empty() {
                let mut signs = rest.char_indices().skip(1).filter(|(_, c)| *c == '$');
                let literal_end = signs.next().map_or(rest.len(), |(at, _)| at);
                let literal = &rest[..literal_end];
                match format.fields.last_mut() {
                    Some((_, behind)) => behind.push_str(literal),
                    None => format.head.push_str(literal),
                }
                rest = &rest[literal_end..];
                continue;
            }
            if format.fields.last().is_some_and(|(_, behind)| behind.is_empty()) {
                return Err(format!(
                    "there is nothing between `${name}` and the variable before it"
                ));
            }
            format.fields.push((name.to_owned(), String::new()));
            rest = after;
        }
        if format.fields.len() > VARIABLES_MAX {
            return Err(format!("the format has more than {VARIABLES_MAX} variables"));
        }
        let has = |name: &str| format.fields.iter().any(|(field, _)| field == name);
        if !has("status") {
            return Err("the format has no `$status`".to_owned());
        }
        if !has("request") && !(has("request_method") && (has("uri") || has("request_uri"))) {
            let message = "the format has neither `$request` nor `$request_method` with `$uri`";
            return Err(message.to_owned());
        }
        Ok(format)
    }

    /// Reads a line; `None`: it does not have this format.
    pub(super) fn read<'l>(&self, line: &'l str) -> Option<Request<'l>> {
        let mut rest = line.strip_prefix(self.head.as_str())?;
        let mut request = Request::default();
        for (index, (name, behind)) in self.fields.iter().enumerate() {
            let is_last = index + 1 == self.fields.len();
            let value = if behind.is_empty() || is_last && rest.ends_with(behind.as_str()) {
                let value = &rest[..rest.len() - behind.len()];
                rest = "";
                value
            } else {
                let (value, after) = rest.split_once(behind.as_str())?;
                rest = after;
                value
            };
            take(name, value, &mut request);
        }
        // A request that is no request line (a TLS handshake on a plain port) has no method.
        (request.status.len() == 3 && request.status.bytes().all(|b| b.is_ascii_digit()))
            .then_some(request)
    }
}

/// The name of a variable, `$name` or `${name}`, and what follows.
fn variable(text: &str) -> (&str, &str) {
    if let Some((name, after)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        return (name, after);
    }
    let end = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    text.split_at(end)
}

fn take<'l>(name: &str, value: &'l str, request: &mut Request<'l>) {
    let without_query = |path: &'l str| path.split('?').next().unwrap_or_default();
    match name {
        "request" => {
            let mut words = value.split(' ');
            if let (Some(method), Some(path)) = (words.next(), words.next()) {
                (request.method, request.path) = (method, without_query(path));
            }
        }
        "request_method" => request.method = value,
        "uri" | "request_uri" | "document_uri" => request.path = without_query(value),
        "status" => request.status = value,
        "body_bytes_sent" | "bytes_sent" => request.bytes = value.parse().ok(),
        "request_time" => request.seconds = seconds(value),
        // Several tries are separated by commas, several servers by colons.
        "upstream_response_time" => {
            let times = value.split([',', ':']).filter_map(|time| seconds(time.trim()));
            request.upstream_seconds = times.reduce(|sum, time| sum + time);
        }
        _ => {}
    }
}

fn seconds(text: &str) -> Option<f64> {
    text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::{LogFormat, Request};

    #[test]
    fn the_format_that_nginx_has_by_default() {
        let format = LogFormat::parse("combined").unwrap();
        let line = "127.0.0.1 - - [22/Nov/2026:11:50:00] \"GET /a/b?c=\\x22d HTTP/1.1\" 200 615 \
                    \"-\" \"curl/7 \\x22\"";
        let expected = Request {
            method: "GET",
            path: "/a/b",
            status: "200",
            bytes: Some(615),
            ..Request::default()
        };
        assert_eq!(format.read(line), Some(expected));
        for odd in ["", "x", "127.0.0.1 - - [x] \"GET / HTTP/1.1\" two 1 \"\" \"\""] {
            assert_eq!(format.read(odd), None, "{odd}");
        }
        let handshake = "1.1.1.1 - - [x] \"\\x16\\x03\\x01\" 400 157 \"-\" \"-\"";
        assert_eq!(format.read(handshake).map(|request| request.method), Some(""));
    }

    #[test]
    fn own_formats_with_times() {
        let text =
            "${request_method} $uri s=$status t=$request_time u=\"$upstream_response_time\";";
        let format = LogFormat::parse(text).unwrap();
        let request = format.read("POST /x s=502 t=0.250 u=\"0.100, 0.025 : -\";").unwrap();
        assert_eq!((request.seconds, request.upstream_seconds), (Some(0.25), Some(0.125)));
        assert_eq!((request.method, request.path, request.status), ("POST", "/x", "502"));
        let none = format.read("GET / s=200 t=-1 u=\"-\";").unwrap();
        assert_eq!((none.seconds, none.upstream_seconds), (None, None));
    }

    #[test]
    fn what_a_format_must_have() {
        for (text, expected) in [
            ("$request", "the format has no `$status`"),
            ("$status $uri", "the format has neither `$request` nor `$request_method` with `$uri`"),
            ("$status$request", "there is nothing between `$request` and the variable before it"),
        ] {
            assert_eq!(LogFormat::parse(text).unwrap_err(), expected, "{text}");
        }
        let many = format!("$request {}", "$status ".repeat(64));
        assert_eq!(LogFormat::parse(&many).unwrap_err(), "the format has more than 64 variables");
        assert!(LogFormat::parse("$ $request $status $").is_ok(), "a lone sign is a literal");
    }
}

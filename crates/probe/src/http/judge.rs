//! What an answer is worth: status, headers, body, version, encryption, in upstream's order.
//! Pure: facts in, verdict out.

use crate::Reason;
use config::blackbox::{HeaderMatch, HttpProbe};
use http::header::HeaderMap;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// What is known of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) status: u16,
    /// `HTTP/1.1`
    pub(crate) version: &'static str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) is_tls: bool,
    /// The body, where an expression looks at it.
    pub(crate) body: Option<&'a str>,
    /// The body was read to its end.
    pub(crate) body_is_whole: bool,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Verdict {
    /// An expression on headers or body decided it.
    pub(crate) regex_failed: bool,
    /// Why the probe fails; `None`: the answer is as it must be.
    pub(crate) failure: Option<(Reason, String)>,
}

/// Judges an answer.
pub(crate) fn judge(config: &HttpProbe, facts: &Facts<'_>) -> Verdict {
    let mut verdict = Verdict { regex_failed: false, failure: status(config, facts.status) };
    if verdict.failure.is_none() {
        verdict.failure = headers(config, facts.headers);
        verdict.regex_failed = verdict.failure.is_some();
    }
    if verdict.failure.is_none() {
        verdict.failure = body(config, facts);
        verdict.regex_failed = verdict.failure.is_some();
    }
    let versions = &config.valid_http_versions;
    if !versions.is_empty() && !versions.iter().any(|version| version == facts.version) {
        let message = format!("Invalid HTTP version number {}", facts.version);
        verdict.failure.get_or_insert((Reason::Version, message));
    }
    if facts.is_tls && config.fail_if_ssl {
        verdict.failure.get_or_insert((Reason::Encryption, "Final request was over SSL".into()));
    }
    if !facts.is_tls && config.fail_if_not_ssl {
        let message = "Final request was not over SSL".into();
        verdict.failure.get_or_insert((Reason::Encryption, message));
    }
    verdict
}

fn status(config: &HttpProbe, status: u16) -> Option<(Reason, String)> {
    let valid = &config.valid_status_codes;
    if valid.is_empty() {
        let message = || format!("Invalid HTTP response status code {status}, wanted 2xx");
        return (!(200..300).contains(&status)).then(|| (Reason::Status, message()));
    }
    let message = || format!("Invalid HTTP response status code {status}, wanted {valid:?}");
    (!valid.contains(&status)).then(|| (Reason::Status, message()))
}

fn headers(config: &HttpProbe, headers: &HeaderMap) -> Option<(Reason, String)> {
    let values = |rule: &HeaderMatch| -> Vec<String> {
        let all = headers.get_all(rule.header.as_str()).iter();
        all.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    };
    let wrong = |rule: &HeaderMatch, what: &str| {
        let message = format!("Header {} {what} regular expression", rule.header);
        Some((Reason::Header, format!("{message} {}", rule.regex.text)))
    };
    let missing = |rule: &HeaderMatch| {
        let message = format!("Missing required header {}", rule.header);
        (!rule.allow_missing).then_some((Reason::Header, message))
    };
    for rule in &config.fail_if_header_matches {
        let values = values(rule);
        if values.is_empty() {
            if let Some(missing) = missing(rule) {
                return Some(missing);
            }
        } else if values.iter().any(|value| rule.regex.regex.is_match(value)) {
            return wrong(rule, "matched");
        }
    }
    for rule in &config.fail_if_header_not_matches {
        let values = values(rule);
        if values.is_empty() {
            if let Some(missing) = missing(rule) {
                return Some(missing);
            }
        } else if !values.iter().any(|value| rule.regex.regex.is_match(value)) {
            return wrong(rule, "did not match");
        }
    }
    None
}

fn body(config: &HttpProbe, facts: &Facts<'_>) -> Option<(Reason, String)> {
    if config.fail_if_body_matches.is_empty() && config.fail_if_body_not_matches.is_empty() {
        return None;
    }
    let Some(body) = facts.body.filter(|_| facts.body_is_whole) else {
        return Some((Reason::Body, "Error reading HTTP body".to_owned()));
    };
    let matched = config.fail_if_body_matches.iter().find(|rule| rule.regex.is_match(body));
    let not = config.fail_if_body_not_matches.iter().find(|rule| !rule.regex.is_match(body));
    let matched = matched.map(|rule| format!("Body matched regular expression {}", rule.text));
    let not = not.map(|rule| format!("Body did not match regular expression {}", rule.text));
    matched.or(not).map(|message| (Reason::Body, message))
}

/// Seconds since 1970 of a date of HTTP in one of its three forms (RFC 9110, 5.6.7).
pub(crate) fn http_date(text: &str) -> Option<i64> {
    const FORMS: [&str; 3] =
        ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    FORMS.iter().find_map(|form| {
        let parsed = BrokenDownTime::parse(form, text).ok()?.to_datetime().ok()?;
        Some(parsed.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::Prober;
    use http::header::HeaderValue;

    fn probe(keys: &str) -> HttpProbe {
        let text = format!("modules: {{m: {{prober: http, http: {{{keys}}}}}}}");
        let config = config::blackbox::load("blackbox.yml", &text).unwrap().config;
        match &config.modules["m"].prober {
            Prober::Http(probe) => HttpProbe::clone(probe),
            other => panic!("{other:?}"),
        }
    }

    fn verdict(keys: &str, status: u16, body: &str) -> (Option<Reason>, bool) {
        let mut headers = HeaderMap::new();
        headers.append("X-Thing", HeaderValue::from_static("one"));
        headers.append("X-Thing", HeaderValue::from_static("two"));
        let facts = Facts {
            status,
            version: "HTTP/1.1",
            headers: &headers,
            is_tls: false,
            body: Some(body),
            body_is_whole: true,
        };
        let verdict = judge(&probe(keys), &facts);
        (verdict.failure.map(|(reason, _)| reason), verdict.regex_failed)
    }

    #[test]
    fn answers_are_judged_as_upstream_does() {
        let ok = (None, false);
        for (keys, status, body, expected) in [
            ("", 204, "", ok),
            ("", 301, "", (Some(Reason::Status), false)),
            ("valid_status_codes: [301, 404]", 404, "", ok),
            ("valid_status_codes: [301]", 200, "", (Some(Reason::Status), false)),
            ("fail_if_body_matches_regexp: [x, b]", 200, "abc", (Some(Reason::Body), true)),
            ("fail_if_body_matches_regexp: [x]", 200, "abc", ok),
            ("fail_if_body_not_matches_regexp: [a, x]", 200, "abc", (Some(Reason::Body), true)),
            // A wrong status ends it: no expression has failed.
            ("fail_if_body_not_matches_regexp: [x]", 500, "abc", (Some(Reason::Status), false)),
            ("valid_http_versions: [HTTP/2.0]", 200, "", (Some(Reason::Version), false)),
            ("valid_http_versions: [HTTP/1.1]", 200, "", ok),
            ("fail_if_not_ssl: true", 200, "", (Some(Reason::Encryption), false)),
            ("fail_if_ssl: true", 200, "", ok),
        ] {
            assert_eq!(verdict(keys, status, body), expected, "{keys}");
        }
    }

    #[test]
    fn one_value_of_a_header_is_enough() {
        let rule = |key: &str, rest: &str| format!("{key}: [{{{rest}}}]");
        let failed = (Some(Reason::Header), true);
        for (key, rest, expected) in [
            ("fail_if_header_matches", "header: x-thing, regexp: two", failed),
            ("fail_if_header_matches", "header: X-Thing, regexp: three", (None, false)),
            ("fail_if_header_matches", "header: X-Other, regexp: a", failed),
            (
                "fail_if_header_matches",
                "header: X-Other, regexp: a, allow_missing: true",
                (None, false),
            ),
            ("fail_if_header_not_matches", "header: X-Thing, regexp: two", (None, false)),
            ("fail_if_header_not_matches", "header: X-Thing, regexp: three", failed),
        ] {
            assert_eq!(verdict(&rule(key, rest), 200, ""), expected, "{key} {rest}");
        }
    }

    #[test]
    fn dates_are_read_in_three_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(http_date(text), Some(784_111_777), "{text}");
        }
        assert_eq!(http_date("yesterday"), None);
    }
}

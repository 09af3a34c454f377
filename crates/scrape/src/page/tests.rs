use super::PageFormat::{Lines, Protobuf};
use super::{accept_header, format_of};
use config::{EscapingScheme, ScrapeProtocol};
use exposition::Format;

#[test]
fn the_default_accept_header_is_upstream_s() {
    assert_eq!(
        accept_header(&ScrapeProtocol::DEFAULT, EscapingScheme::AllowUtf8),
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
         application/openmetrics-text;version=0.0.1;q=0.5,\
         text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,\
         */*;q=0.2"
    );
    assert_eq!(
        accept_header(
            &[ScrapeProtocol::PrometheusProto, ScrapeProtocol::PrometheusText0_0_4],
            EscapingScheme::Underscores
        ),
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
         encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4"
    );
    assert_eq!(
        accept_header(&ScrapeProtocol::DEFAULT_NATIVE, EscapingScheme::Values),
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
         encoding=delimited;q=0.6,\
         application/openmetrics-text;version=1.0.0;escaping=values;q=0.5,\
         application/openmetrics-text;version=0.0.1;q=0.4,\
         text/plain;version=1.0.0;escaping=values;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    );
}

#[test]
fn content_types_choose_the_format() {
    let text = Some(ScrapeProtocol::PrometheusText0_0_4);
    for (content_type, fallback, expected) in [
        (Some("text/plain; version=0.0.4; charset=utf-8"), None, Ok(Lines(Format::Text))),
        (Some("Text/Plain"), None, Ok(Lines(Format::Text))),
        (Some("application/openmetrics-text; version=1.0.0"), None, Ok(Lines(Format::OpenMetrics))),
        (Some("application/openmetrics-text"), text, Ok(Lines(Format::OpenMetrics))),
        (None, text, Ok(Lines(Format::Text))),
        (Some("text/html"), text, Ok(Lines(Format::Text))),
        (
            None,
            None,
            Err("non-compliant scrape target sending blank Content-Type and no \
                 fallback_scrape_protocol specified for target"),
        ),
        (
            Some("text/html; charset=x"),
            None,
            Err("received unsupported Content-Type \"text/html; charset=x\" and no \
                 fallback_scrape_protocol specified for target"),
        ),
        (Some("application/vnd.google.protobuf; encoding=delimited"), text, Ok(Protobuf)),
        (Some("text/html"), Some(ScrapeProtocol::PrometheusProto), Ok(Protobuf)),
    ] {
        let found = format_of(content_type, fallback);
        assert_eq!(found.as_ref().map_err(String::as_str), expected.as_ref().map_err(|e| *e));
    }
}

#[test]
fn malformed_content_types_are_no_content_types() {
    for good in [
        "text/plain;",
        "text/plain ; version = 0.0.4",
        "text/plain; a=b;c=\"d;\\\"e\" ; ",
        "text/plain;charset=utf-8;",
        "text/plain; a=\"b\\\\\"",
    ] {
        assert_eq!(format_of(Some(good), None), Ok(Lines(Format::Text)), "{good}");
    }
    for bad in [
        "text/plain; version",
        "text/plain; =x",
        "text/plain; version=",
        "text/plain; a=\"b",
        "text/plain; a=b c",
        "text/plain, text/html",
        "text/plain/x",
        "text/",
        ";",
    ] {
        let error = format_of(Some(bad), None).unwrap_err();
        let start = format!("cannot parse Content-Type {} and no", model::quote(bad));
        assert!(error.starts_with(&start), "{bad}: {error}");
        assert_eq!(
            format_of(Some(bad), Some(ScrapeProtocol::OpenMetricsText1_0_0)).unwrap(),
            Lines(Format::OpenMetrics)
        );
    }
}

use super::{label_name, metric_name};
use config::{OtlpConfig, OtlpTranslation};
use wire::otlp::Kind;

const COUNTER: Kind = Kind::Sum { is_monotonic: true };
const UP_DOWN: Kind = Kind::Sum { is_monotonic: false };

/// A name by each strategy: escaped with and without suffixes, any with suffixes, as it is.
fn check(name: &str, unit: &str, kind: Kind, expected: [&str; 3]) {
    let strategies = [
        OtlpTranslation::UnderscoreEscapingWithSuffixes,
        OtlpTranslation::UnderscoreEscapingWithoutSuffixes,
        OtlpTranslation::NoUtf8EscapingWithSuffixes,
    ];
    let found = strategies.map(|strategy| metric_name(name, unit, kind, strategy));
    assert_eq!(found, expected, "{name} {unit} {kind:?}");
    assert_eq!(metric_name(name, unit, kind, OtlpTranslation::NoTranslation), name);
}

#[test]
fn units_and_kinds_are_suffixes() {
    check(
        "system.io",
        "By",
        COUNTER,
        ["system_io_bytes_total", "system_io", "system.io_bytes_total"],
    );
    check(
        "http.server.request.duration",
        "s",
        Kind::Histogram,
        [
            "http_server_request_duration_seconds",
            "http_server_request_duration",
            "http.server.request.duration_seconds",
        ],
    );
    check(
        "system.memory.utilization",
        "1",
        Kind::Gauge,
        [
            "system_memory_utilization_ratio",
            "system_memory_utilization",
            "system.memory.utilization_ratio",
        ],
    );
    check(
        "network.speed",
        "By/s",
        Kind::Gauge,
        ["network_speed_bytes_per_second", "network_speed", "network.speed_bytes_per_second"],
    );
    check("requests", "1", COUNTER, ["requests_total", "requests", "requests_total"]);
    check("queue.length", "{packet}", UP_DOWN, ["queue_length", "queue_length", "queue.length"]);
    check(
        "broken.reads",
        "{read}/s",
        Kind::Gauge,
        ["broken_reads_per_second", "broken_reads", "broken.reads_per_second"],
    );
}

#[test]
fn what_a_name_says_already_is_not_said_twice() {
    check(
        "system.io.bytes",
        "By",
        Kind::Gauge,
        ["system_io_bytes", "system_io_bytes", "system.io.bytes"],
    );
    check("a.total.count", "", COUNTER, ["a_count_total", "a_total_count", "a.total.count_total"]);
    check(
        "http_requests_total",
        "",
        COUNTER,
        ["http_requests_total", "http_requests_total", "http_requests_total"],
    );
}

#[test]
fn what_is_no_part_of_a_name_is_left_out() {
    check("  a  b__c ", "", Kind::Gauge, ["a_b_c", "a_b__c", "  a  b__c "]);
    check("2.xx", "", Kind::Gauge, ["_2_xx", "_2_xx", "2.xx"]);
    check("höhe", "", Kind::Gauge, ["h_he", "h_he", "höhe"]);
    check("a:b", "°F", Kind::Gauge, ["a:b_F", "a:b", "a:b_°F"]);
    check("", "", Kind::Gauge, ["", "", ""]);
    check("…", "", Kind::Gauge, ["", "", "…"]);
}

#[test]
fn attributes_become_label_names() {
    let default = OtlpConfig::default();
    let cases = [
        ("http.method", "http_method"),
        ("plain_Name9", "plain_Name9"),
        ("a..b", "a__b"),
        ("1st", "key_1st"),
        ("_private", "key_private"),
        ("__meta", "__meta"),
        ("ä", "key_"),
        ("", ""),
    ];
    for (name, expected) in cases {
        assert_eq!(label_name(name, &default), expected);
    }
    let squeezed =
        OtlpConfig { label_name_preserve_multiple_underscores: false, ..default.clone() };
    assert_eq!(label_name("a..b__c", &squeezed), "a_b_c");
    let bare = OtlpConfig { label_name_underscore_sanitization: false, ..default.clone() };
    assert_eq!(label_name("_private", &bare), "_private");
    let any = OtlpConfig { translation: OtlpTranslation::NoTranslation, ..default };
    assert_eq!(label_name("http.method", &any), "http.method");
}

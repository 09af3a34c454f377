//! The table of protocols in docs/compat.md: each row names the test that is its witness.

use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
const BEGIN: &str = "<!-- protocols: written by `UPDATE_EXPECT=1 cargo test -p flyball` -->\n";
const END: &str = "<!-- end of protocols -->";

/// Protocol, version, client, verdict, file below crates/, test.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        "remote write",
        "1.0",
        "Prometheus 2.42",
        "every sample once",
        "flyball/tests/it/receive.rs",
        "every_sample_that_prometheus_sends_is_stored_once",
    ),
    (
        "remote write",
        "1.0",
        "VictoriaMetrics' vmagent 1.79",
        "stored, through restarts",
        "flyball/tests/it/vmagent.rs",
        "vmagent_scrapes_and_sends_through_a_restart",
    ),
    (
        "remote write",
        "1.0 by zstd, handshake of vmagent 1.88 and later",
        "by hand",
        "stored",
        "ingest/tests/it/http.rs",
        "zstd_is_taken_as_victoria_metrics_takes_it",
    ),
    (
        "remote write",
        "2.0",
        "by hand, after upstream's compliance tests",
        "as upstream",
        "ingest/tests/it/remote_write_2.rs",
        "any_value_under_any_valid_labels_is_written",
    ),
    (
        "federation, remote read",
        "",
        "Prometheus 2.42",
        "answered",
        "flyball/tests/it/readers.rs",
        "prometheus_federates_and_reads_ranges",
    ),
    (
        "remote read, streamed chunks",
        "floats, histograms, float histograms",
        "by hand, beside Prometheus 2.42's stream",
        "the same bits",
        "flyball/tests/it/native_histograms.rs",
        "histograms_of_a_real_prometheus_are_imported_and_streamed_alike",
    ),
    (
        "data directory of Prometheus",
        "blocks and log, native histograms among them",
        "written by Prometheus 2.42",
        "imported sample by sample",
        "flyball/tests/it/native_histograms.rs",
        "histograms_of_a_real_prometheus_are_imported_and_streamed_alike",
    ),
    (
        "OTLP metrics",
        "HTTP, protobuf, bare and gzip",
        "OpenTelemetry SDK, Python",
        "stored",
        "flyball/tests/it/otlp.rs",
        "the_sdk_for_python_is_understood",
    ),
    (
        "OTLP metrics",
        "HTTP, JSON",
        "by hand",
        "stored",
        "flyball/tests/it/otlp.rs",
        "strategy_and_promoted_attributes_follow_the_configuration",
    ),
    (
        "OTLP metrics",
        "gRPC, bare and gzip",
        "OpenTelemetry SDK, Python",
        "stored",
        "flyball/tests/it/otlp_grpc.rs",
        "the_sdk_for_python_is_understood",
    ),
    (
        "OTLP metrics",
        "gRPC, bare and gzip",
        "OpenTelemetry SDK, Node",
        "stored",
        "flyball/tests/it/otlp_grpc.rs",
        "the_sdk_for_node_is_understood",
    ),
    (
        "OTLP metrics",
        "gRPC with TLS",
        "OpenTelemetry SDK, Python",
        "stored; refused in the clear",
        "flyball/tests/it/encrypted.rs",
        "grpc_is_taken_under_the_certificate_of_the_server",
    ),
    (
        "Pushgateway",
        "1.11",
        "PyPI `prometheus_client`",
        "stored",
        "flyball/tests/it/pushes.rs",
        "the_client_of_python_pushes_groups_that_survive_a_restart",
    ),
    (
        "InfluxDB's line protocol",
        "1 and 2",
        "by hand",
        "stored",
        "ingest/tests/it/influx.rs",
        "fields_become_series_and_tags_labels",
    ),
    (
        "StatsD",
        "UDP and TCP",
        "PyPI `statsd`",
        "aggregated",
        "flyball/tests/it/lines.rs",
        "the_statsd_client_of_pypi_is_understood",
    ),
    (
        "DogStatsD",
        "UDP",
        "PyPI `datadog`, npm `hot-shots`",
        "aggregated",
        "flyball/tests/it/lines.rs",
        "the_dogstatsd_clients_of_pypi_and_npm_are_understood",
    ),
    (
        "DogStatsD",
        "Unix socket of datagrams",
        "PyPI `datadog`",
        "aggregated",
        "flyball/tests/it/lines.rs",
        "the_dogstatsd_client_of_pypi_sends_to_a_unix_socket",
    ),
    (
        "Graphite, plain lines with tags",
        "UDP and TCP",
        "PyPI `graphyte`",
        "stored",
        "flyball/tests/it/lines.rs",
        "the_graphite_client_of_pypi_is_understood",
    ),
    (
        "Graphite, pickles",
        "TCP",
        "by hand",
        "refused with a reason",
        "flyball/tests/it/lines.rs",
        "plain_lines_are_samples_and_pickles_are_refused",
    ),
    (
        "scraping of the server itself",
        "text",
        "VictoriaMetrics' vmagent 1.79",
        "answered",
        "flyball/tests/it/vmagent.rs",
        "vmagent_scrapes_and_sends_through_a_restart",
    ),
    (
        "scraping",
        "text",
        "npm `prom-client` in Express and Fastify",
        "dashboard and rules answer",
        "flyball/tests/it/examples.rs",
        "express_answers_the_dashboard",
    ),
    (
        "scraping",
        "text",
        "PyPI `prometheus_client` in FastAPI",
        "dashboard and rules answer",
        "flyball/tests/it/examples.rs",
        "fastapi_answers_the_dashboard",
    ),
    (
        "scraping",
        "OpenMetrics",
        "`prometheus-client` in axum",
        "dashboard and rules answer",
        "flyball/tests/it/examples.rs",
        "axum_answers_the_dashboard",
    ),
];

#[test]
fn the_table_of_protocols_names_tests_that_are_there() {
    let mut table =
        "| protocol | version | client in the tests | verdict |\n|---|---|---|---|\n".to_owned();
    for (protocol, version, client, verdict, file, test) in ROWS {
        let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(&path).unwrap();
        assert!(source.contains(&format!("fn {test}(")), "{path} has no test {test}");
        writeln!(table, "| {protocol} | {version} | {client} | {verdict} |").unwrap();
    }
    testkit::assert_page(PAGE, (BEGIN, END), &table);
}

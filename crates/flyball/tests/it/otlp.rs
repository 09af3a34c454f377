//! OTLP through the binary: a body by hand, and the SDK of OpenTelemetry for Python as the sender.

use crate::server::Server;
use std::process::Command;
use testkit::clients::python_with;
use testkit::free_port;
use testkit::http::post;

/// Ends with the number of instruments that were flushed.
const SENDER: &str = "\
import sys
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.sdk.metrics import MeterProvider, Counter, Histogram
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
resource = Resource({'service.name': 'shop', 'service.instance.id': 'i-1', 'host.name': 'h'})
def run(prefix, temporality, compression):
    exporter = OTLPMetricExporter(endpoint=sys.argv[1], compression=compression,
                                  preferred_temporality={Counter: temporality, Histogram: temporality})
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3600000)
    view = View(instrument_name='*.size', aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider([reader], resource, views=[view])
    meter = provider.get_meter('lib', '1.0')
    counter = meter.create_counter(prefix + '.requests', '1', 'All requests.')
    for _ in range(3):
        counter.add(2, {'http.method': 'GET'})
        took = meter.create_histogram(prefix + '.took', 's')
        took.record(0.2)
        if prefix == 'whole':
            meter.create_histogram(prefix + '.size', 'By').record(100.0)
            meter.create_gauge(prefix + '.load').set(0.5)
        assert provider.force_flush()
    provider.shutdown()
run('whole', AggregationTemporality.CUMULATIVE, Compression.Gzip)
run('part', AggregationTemporality.DELTA, Compression.NoCompression)
";

#[test]
fn the_sdk_for_python_is_understood() {
    let modules = ["opentelemetry.sdk.metrics", "opentelemetry.exporter.otlp.proto.http"];
    let Some(python) = python_with("OTLP by HTTP", &modules) else { return };
    let listen = format!("--otlp.http-listen-address=127.0.0.1:{}", free_port());
    let server = Server::start(&["--config.file=/dev/null", &listen]);
    let (_, address) = listen.split_once('=').unwrap();
    let script = server.write("sender.py", SENDER);
    let url = format!("http://{address}/v1/metrics");
    let ran = Command::new(python).arg(script).arg(url).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "the SDK complains of nothing");
    for (expr, expected) in [
        ("whole_requests_total{http_method=\"GET\", job=\"shop\", instance=\"i-1\"}", 6.0),
        ("part_requests_total{http_method=\"GET\"}", 6.0),
        ("whole_took_seconds_count", 3.0),
        ("part_took_seconds_bucket{le=\"5\"}", 3.0),
        ("whole_load", 0.5),
        ("histogram_count(whole_size_bytes)", 3.0),
        ("target_info{host_name=\"h\", job=\"shop\"}", 1.0),
    ] {
        let found = server.query(expr);
        assert_eq!(found.first().map(|(_, value)| *value), Some(expected), "{expr}: {found:?}");
    }
}

#[test]
fn strategy_and_promoted_attributes_follow_the_configuration() {
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    let config =
        "otlp: {translation_strategy: NoTranslation, promote_resource_attributes: [host.name]}\n";
    server.write("prometheus.yml", config);
    server.run();
    let body = r#"{"resourceMetrics":[{"resource":{"attributes":[
        {"key":"host.name","value":{"stringValue":"h"}}]},"scopeMetrics":[{"metrics":[
        {"name":"cpu.load","gauge":{"dataPoints":[{"timeUnixNano":"NOW","asDouble":0.5}]}},
        {"name":"cpu.load","gauge":{"dataPoints":[{"timeUnixNano":"1","asDouble":0.5}]}}]}]}]}"#;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos().to_string();
    let body = body.replace("NOW", &now);
    for path in ["/api/v1/otlp/v1/metrics", "/v1/metrics"] {
        let headers = ["Content-Type: application/json"];
        let reply = post(server.address(), path, &headers, body.as_bytes()).unwrap();
        assert_eq!(reply.status, 200);
        let told = String::from_utf8_lossy(&reply.body);
        assert!(told.contains("\"rejectedDataPoints\":\"1\""), "the old one is refused: {told}");
    }
    let found = server.query("{\"cpu.load\", \"host.name\"=\"h\"}");
    assert_eq!(found.first().map(|(_, value)| *value), Some(0.5), "{found:?}");
}

//! OTLP by gRPC through the binary: the SDKs of OpenTelemetry for Python and Node, and statuses.

use crate::server::Server;
use std::process::Command;
use testkit::clients::{node_with, python_with};
use testkit::free_port;

fn start() -> (Server, String) {
    let address = format!("127.0.0.1:{}", free_port());
    let listen = format!("--otlp.grpc-listen-address={address}");
    (Server::start(&["--config.file=/dev/null", &listen]), address)
}

fn expect(server: &Server, answers: &[(&str, f64)]) {
    for (query, value) in answers {
        let found = server.query(query);
        assert_eq!(found.first().map(|(_, found)| *found), Some(*value), "{query}: {found:?}");
    }
}

const PYTHON: &str = r"
import sys, grpc
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
resource = Resource({'service.name': 'shop', 'service.instance.id': 'i-1'})
for name, compression in [('bare', grpc.Compression.NoCompression), ('gzip', grpc.Compression.Gzip)]:
    exporter = OTLPMetricExporter(endpoint=sys.argv[1], insecure=True, compression=compression)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3600000)
    view = View(instrument_name='*.size', aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider([reader], resource, views=[view])
    meter = provider.get_meter('lib', '1.0')
    counter = meter.create_counter(name + '.requests', '1', 'All requests.')
    for _ in range(3):
        counter.add(2, {'http.method': 'GET'})
        meter.create_histogram(name + '.took', 's').record(0.2)
        meter.create_histogram(name + '.size', 'By').record(100.0)
        assert provider.force_flush()
    provider.shutdown()
";

#[test]
fn the_sdk_for_python_is_understood() {
    let modules = ["grpc", "opentelemetry.sdk.metrics", "opentelemetry.exporter.otlp.proto.grpc"];
    let Some(python) = python_with("OTLP by gRPC", &modules) else { return };
    let (server, address) = start();
    let url = format!("http://{address}");
    let output = Command::new(python).args(["-c", PYTHON, &url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "the SDK complains of nothing");
    for name in ["bare", "gzip"] {
        let query = |text: &str| text.replace("NAME", name);
        expect(
            &server,
            &[
                (&query("NAME_requests_total{http_method=\"GET\",job=\"shop\"}"), 6.0),
                (&query("NAME_took_seconds_count{instance=\"i-1\"}"), 3.0),
                (&query("histogram_count(NAME_size_bytes)"), 3.0),
            ],
        );
    }
}

const NODE: &str = r#"
const {MeterProvider, PeriodicExportingMetricReader} = require("@opentelemetry/sdk-metrics");
const {OTLPMetricExporter} = require("@opentelemetry/exporter-metrics-otlp-grpc");
const {resourceFromAttributes} = require("@opentelemetry/resources");
(async () => {
  for (const compression of ["none", "gzip"]) {
    const exporter = new OTLPMetricExporter({url: process.argv[1], compression});
    const reader = new PeriodicExportingMetricReader({exporter, exportIntervalMillis: 3600000});
    const resource = resourceFromAttributes({"service.name": "node-shop"});
    const provider = new MeterProvider({resource, readers: [reader]});
    const meter = provider.getMeter("lib");
    meter.createCounter(compression + ".orders").add(4, {route: "/pay"});
    meter.createHistogram(compression + ".took", {unit: "s"}).record(0.3);
    await provider.forceFlush();
    await provider.shutdown();
  }
})().catch(error => { console.error(error); process.exit(1); });
"#;

#[test]
fn the_sdk_for_node_is_understood() {
    let packages = [
        "@opentelemetry/sdk-metrics",
        "@opentelemetry/exporter-metrics-otlp-grpc",
        "@opentelemetry/resources",
    ];
    let Some(mut node) = node_with("OTLP by gRPC", &packages) else { return };
    let (server, address) = start();
    let output = node.args(["-e", NODE, &format!("http://{address}")]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    expect(
        &server,
        &[
            ("none_orders_total{route=\"/pay\",job=\"node-shop\"}", 4.0),
            ("gzip_orders_total", 4.0),
            ("gzip_took_seconds_count", 1.0),
        ],
    );
}

/// Calls with bytes of its own and prints code and reason.
const RAW: &str = r#"
import sys, grpc
path = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
same = lambda message: message
def call(body, path=path, **options):
    with grpc.insecure_channel(sys.argv[1]) as channel:
        try:
            channel.unary_unary(path, same, same)(body, timeout=30, **options)
            print("OK")
        except grpc.RpcError as error:
            print(error.code().name, error.details())
call(b"")
call(b"\xff\xff")
call(b"\x0a\x7fab")
call(b"\0" * (33 << 20))
call(b"\0" * (40 << 20), compression=grpc.Compression.Gzip)
call(b"ab" * 1000, compression=grpc.Compression.Deflate)
call(b"", path=path + "All")
"#;

#[test]
fn what_is_refused_has_a_status_and_a_reason() {
    let Some(python) = python_with("statuses of gRPC", &["grpc"]) else { return };
    let (server, address) = start();
    let output = Command::new(python).args(["-c", RAW, &address]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let begins = [
        "OK",
        "INVALID_ARGUMENT wire: ",
        "INVALID_ARGUMENT wire: ",
        "RESOURCE_EXHAUSTED the body is longer than 33554432 bytes",
        "RESOURCE_EXHAUSTED wire: gzip: ",
        "UNIMPLEMENTED compressed messages are read when `grpc-encoding` is gzip",
        "UNIMPLEMENTED ",
    ];
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), begins.len(), "{told}");
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line:?} begins with {begin:?}");
    }
    expect(&server, &[("vector(1)", 1.0)]);
}

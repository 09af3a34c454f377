//! TLS on both ends: OTLP by gRPC under the server's certificate, and remote write to a receiver
//! that asks for a client certificate and a token of OAuth 2.

use crate::server::Server;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use std::path::Path;
use std::process::Command;
use testkit::clients::python_with;
use testkit::{Peer, find_program, free_port, http, skip, wait_for};

/// Writes an authority (`ca.pem`) and a certificate of 127.0.0.1 with its key for both ends.
fn certificates(folder: &Path) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "authority of a test");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("ca.pem", authority.pem());
    write("cert.pem", certificate.pem());
    write("key.pem", key.serialize_pem());
}

const SEND: &str = r#"
import json, ssl, sys, urllib.request, grpc
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
ca, otlp, web = sys.argv[1:]
credentials = grpc.ssl_channel_credentials(open(ca, "rb").read())
with grpc.secure_channel(otlp, credentials) as channel:
    grpc.channel_ready_future(channel).result(timeout=60)
exporter = OTLPMetricExporter(endpoint="https://" + otlp, credentials=credentials)
provider = MeterProvider([PeriodicExportingMetricReader(exporter, export_interval_millis=3600000)])
provider.get_meter("lib").create_counter("secret.orders").add(3)
assert provider.force_flush()
path = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
same = lambda message: message
with grpc.insecure_channel(otlp) as channel:
    try:
        channel.unary_unary(path, same, same)(b"", timeout=30)
        print("taken in the clear")
    except grpc.RpcError as error:
        print(error.code().name)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(ca)
url = "https://" + web + "/api/v1/query?query=secret_orders_total"
answer = json.load(urllib.request.urlopen(url, context=context))
print(answer["data"]["result"][0]["value"][1])
"#;

#[test]
fn grpc_is_taken_under_the_certificate_of_the_server() {
    let modules = ["grpc", "opentelemetry.sdk.metrics", "opentelemetry.exporter.otlp.proto.grpc"];
    let Some(python) = python_with("gRPC by TLS", &modules) else { return };
    let [otlp, web] = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
    let mut server = Server::prepare(&[
        "--config.file=/dev/null",
        "--web.config.file=web.yml",
        &format!("--otlp.grpc-listen-address={otlp}"),
        &format!("--web.listen-address={web}"),
    ]);
    certificates(server.folder.path());
    server.write("web.yml", "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n");
    server.launch();
    let ca = server.folder.path().join("ca.pem");
    let output = Command::new(python).args(["-c", SEND]).arg(ca).args([&otlp, &web]).output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{}", server.log());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "UNAVAILABLE\n3\n", "{told}");
}

const RECEIVE: &str = r#"
import base64, json, ssl, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = self.headers.get("Authorization", "")
        code, answer = 404, b""
        if self.path == "/token":
            form = parse_qs(body.decode())
            basic = "Basic " + base64.b64encode(b"flyball:pass+word").decode()
            is_known = told == basic or form.get("client_secret") == ["pass word"]
            asked = (form["grant_type"], form["scope"])
            if is_known and asked == (["client_credentials"], ["write"]):
                token = {"access_token": "token-of-the-test", "token_type": "Bearer", "expires_in": 600}
                code, answer = 200, json.dumps(token).encode()
            else:
                code = 401
        elif self.path in ("/write", "/bare"):
            code = 204 if told == "Bearer token-of-the-test" else 401
        print(self.path, code, self.headers.get("Content-Encoding", "-"), flush=True)
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        if code != 204:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *words):
        pass
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
context.load_verify_locations("ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"#;

#[test]
fn remote_write_shows_a_certificate_and_a_token() {
    let Some(python) = find_program("python3") else {
        return skip("remote write by TLS and OAuth 2", "python3 is not installed");
    };
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    let folder = server.folder.path().to_owned();
    certificates(&folder);
    let port = free_port();
    let mut command = Command::new(python);
    command.current_dir(&folder).args(["-c", RECEIVE, &port.to_string()]);
    let receiver = Peer::start(&mut command, &folder.join("receiver.log")).unwrap();
    let tls = "tls_config: {ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem}";
    let url = format!("https://127.0.0.1:{port}");
    server.write(
        "prometheus.yml",
        &format!(
            "remote_write:\n- url: {url}/write\n  name: shown\n  {tls}\n  \
             queue_config: {{batch_send_deadline: 100ms}}\n  oauth2:\n    client_id: flyball\n    \
             client_secret: pass word\n    scopes: [write]\n    token_url: {url}/token\n    {tls}\n\
             - url: {url}/bare\n  name: bare\n  tls_config: {{ca_file: ca.pem}}\n  \
             queue_config: {{batch_send_deadline: 100ms, max_backoff: 200ms}}\n"
        ),
    );
    server.run();
    let reply = http::post(server.address(), "/write", &[], b"stock value=1").unwrap();
    assert_eq!(reply.status, 204);
    wait_for("a request with certificate and token", || {
        receiver.output().contains("/write 204 snappy").then_some(())
    });
    let retried = "prometheus_remote_storage_samples_retried_total{remote_name=\"bare\"} > 0";
    server.wait_for_query(retried, |found| !found.is_empty());
    let output = receiver.output();
    let tokens = output.lines().filter(|line| line.starts_with("/token 200")).count();
    assert_eq!(tokens, 1, "a token is kept: {output}");
    assert!(!output.contains("/bare") && !output.contains(" 401 "), "{output}");
    assert!(
        !server.log().contains("pass word") && !server.log().contains("token-of-the-test"),
        "{}",
        server.log()
    );
}

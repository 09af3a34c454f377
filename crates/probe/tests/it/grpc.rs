//! gRPC's health service of a real server (grpcio for Python), beside Debian's exporter.

use crate::exporter::{as_of_0_23, lines, ours, probe, start};
use crate::servers;
use probe::Reason;
use std::net::TcpStream;
use std::process::Command;
use testkit::{Peer, free_port, skip, wait_for};

/// Debian's interpreter, which has Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

const SERVER: &str = "\
import sys, grpc
from concurrent import futures
def check(request, context):
    name = request[2:].decode()
    if name == 'gone':
        context.abort(grpc.StatusCode.NOT_FOUND, 'unknown service')
    return b'\\x08' + bytes([{'': 1, 'sick': 2}.get(name, 3)])
handler = grpc.unary_unary_rpc_method_handler(check)
health = grpc.method_handlers_generic_handler('grpc.health.v1.Health', {'Check': handler})
server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((health,))
read = lambda name: open(sys.argv[3] + '/' + name, 'rb').read()
credentials = grpc.ssl_server_credentials([(read('leaf.key'), read('leaf.pem'))])
server.add_insecure_port('127.0.0.1:' + sys.argv[1])
server.add_secure_port('127.0.0.1:' + sys.argv[2], credentials)
server.start()
server.wait_for_termination()
";

#[test]
fn health_services_agree_with_the_exporter() {
    let has = Command::new(PYTHON).args(["-c", "import grpc"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("gRPC beside blackbox_exporter", "python3-grpcio is missing (cargo xtask setup)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    servers::certificates(folder.path());
    let (plain, tls) = (free_port(), free_port());
    let mut command = Command::new(PYTHON);
    command.args(["-c", SERVER]).args([plain.to_string(), tls.to_string()]).arg(folder.path());
    let _server = Peer::start(&mut command, &folder.path().join("log")).unwrap();
    wait_for("the server answers", || TcpStream::connect(("127.0.0.1", tls)).ok());
    let ca = folder.path().join("ca.pem");
    let modules = format!(
        "modules:\n  plain: {{prober: grpc, grpc: {{tls: false}}}}\n  sick: {{prober: grpc, grpc: {{service: sick}}}}\n  \
         gone: {{prober: grpc, grpc: {{service: gone}}}}\n  \
         tls: {{prober: grpc, grpc: {{tls: true, tls_config: {{ca_file: {}}}}}}}\n  \
         untrusted: {{prober: grpc, timeout: 3s, grpc: {{tls: true}}}}\n",
        ca.display()
    );
    let Some(exporter) = start(&modules) else { return };
    let ours = ours(&modules);
    let (plain, tls) = (format!("127.0.0.1:{plain}"), format!("127.0.0.1:{tls}"));
    for (module, target, reason) in [
        ("plain", plain.clone(), None),
        ("sick", plain.clone(), Some(Reason::NotServing)),
        ("gone", plain, Some(Reason::Status)),
        ("tls", tls.clone(), None),
        ("plain", format!("127.0.0.1:{}", free_port()), Some(Reason::Connect)),
        ("untrusted", tls, Some(Reason::Tls)),
    ] {
        let theirs = lines(&exporter.probe(module, &target));
        let mut outcome = probe(&ours, module, &target);
        assert_eq!(outcome.reason, reason, "{module}\n{}", outcome.log);
        // Newer than Debian's exporter.
        let newer = "probe_ssl_last_chain_expiry_timestamp_seconds";
        outcome.families.retain(|family| family.name != newer);
        let own = lines(&as_of_0_23(&outcome.families));
        assert_eq!(own, theirs, "{module}\n{}", outcome.log);
    }
}

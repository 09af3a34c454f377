//! STARTTLS of real mail servers: aiosmtpd and Dovecot, with the built-in conversations.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve fails")]

use crate::exporter::probe;
use crate::servers::certificates;
use net::{AddressPolicy, ClientOptions};
use probe::{Modules, Outcome, Reason, World, built_in};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use sys::{OsVfs, SystemEntropy};
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, skip, wait_for};

const SMTP_SERVER: &str = "
import asyncio, ssl, sys
from aiosmtpd.smtp import SMTP
folder, port, offers = sys.argv[1], int(sys.argv[2]), sys.argv[3] == 'starttls'
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + '/leaf.pem', folder + '/leaf.key')
class Handler: pass
async def main():
    tls = dict(tls_context=context) if offers else {}
    factory = lambda: SMTP(Handler(), hostname='mail.example', **tls)
    server = await asyncio.get_running_loop().create_server(factory, '127.0.0.1', port)
    await server.serve_forever()
asyncio.run(main())
";

/// The built-in modules, trusting the authority of a folder if one is named.
fn modules(trusted: Option<&Path>) -> Modules {
    let mut config = built_in();
    for module in config.modules.values_mut() {
        if let (config::Prober::Tcp(tcp), Some(folder)) = (&mut module.prober, trusted) {
            let ca = folder.join("ca.pem").display().to_string();
            tcp.talk.tls_config.ca = Some(config::TextSource::File(ca));
        }
    }
    let policy = Arc::new(AddressPolicy::default());
    let options = ClientOptions { policy, vfs: Arc::new(OsVfs) };
    Modules::new(&config, &World { options, entropy: Arc::new(SystemEntropy::new().unwrap()) })
}

fn smtp(offer: &str) -> Option<(u16, TempDir, Peer)> {
    let python = Path::new("/usr/bin/python3");
    let has = Command::new(python).args(["-c", "import aiosmtpd"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("STARTTLS of SMTP", "python3-aiosmtpd is not installed (cargo xtask setup)");
        return None;
    }
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    certificates(folder.path());
    let mut command = Command::new(python);
    command.args(["-c", SMTP_SERVER]).arg(folder.path()).arg(port.to_string()).arg(offer);
    let peer = Peer::start(&mut command, &folder.path().join("log")).unwrap();
    wait_for("aiosmtpd answers", || TcpStream::connect(("127.0.0.1", port)).ok());
    Some((port, folder, peer))
}

fn value(outcome: &Outcome, name: &str) -> Option<f64> {
    let family = outcome.families.iter().find(|family| family.name == name)?;
    Some(family.points[0].value)
}

#[test]
fn smtp_becomes_secret_and_shows_its_certificate() {
    let Some((port, folder, _peer)) = smtp("starttls") else { return };
    let target = format!("localhost:{port}");
    let outcome = probe(&modules(Some(folder.path())), "smtp_starttls", &target);
    assert!(outcome.success, "{}", outcome.log);
    assert_eq!(outcome.certificates[0].common_name, "localhost");
    assert!(value(&outcome, "probe_ssl_earliest_cert_expiry").unwrap() > 2e9);
    let stranger = probe(&modules(None), "smtp_starttls", &target);
    assert_eq!(stranger.reason, Some(Reason::Tls), "{}", stranger.log);
}

#[test]
fn smtp_without_starttls_fails_on_what_was_expected() {
    let Some((port, folder, _peer)) = smtp("plain") else { return };
    let mut config = built_in();
    for module in config.modules.values_mut() {
        module.timeout = Some(std::time::Duration::from_secs(1));
    }
    let policy = Arc::new(AddressPolicy::default());
    let options = ClientOptions { policy, vfs: Arc::new(OsVfs) };
    let world = World { options, entropy: Arc::new(SystemEntropy::new().unwrap()) };
    let modules = Modules::new(&config, &world);
    let outcome = probe(&modules, "smtp_starttls", &format!("127.0.0.1:{port}"));
    // The server waits for the next command, so the wait for the offer ends with the time.
    assert_eq!(outcome.reason, Some(Reason::Timeout), "{}", outcome.log);
    assert!(outcome.certificates.is_empty());
    drop(folder);
}

#[test]
fn imap_becomes_secret_and_shows_its_certificate() {
    let Some(program) = find_program("dovecot") else {
        skip("STARTTLS of IMAP", "dovecot-imapd is not installed (cargo xtask setup)");
        return;
    };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let path = folder.path();
    certificates(path);
    let dir = path.display();
    // Its processes give their rights away and still read the sockets of this folder.
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let conf = format!(
        "base_dir = {dir}/run\nstate_dir = {dir}/state\nlog_path = /dev/stderr\n\
         protocols = imap\nlisten = 127.0.0.1\nssl = yes\n\
         ssl_cert = <{dir}/leaf.pem\nssl_key = <{dir}/leaf.key\n\
         service imap-login {{\n  inet_listener imap {{\n    port = {port}\n  }}\n  \
         inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         passdb {{\n  driver = static\n  args = nopassword=y\n}}\n\
         userdb {{\n  driver = static\n  args = uid=nobody gid=nogroup home={dir}/mail\n}}\n"
    );
    let file = path.join("dovecot.conf");
    std::fs::write(&file, conf).unwrap();
    let mut command = Command::new(program);
    command.arg("-F").arg("-c").arg(&file);
    let _peer = Peer::start(&mut command, &path.join("log")).unwrap();
    wait_for("Dovecot answers", || TcpStream::connect(("127.0.0.1", port)).ok());
    let outcome = probe(&modules(Some(path)), "imap_starttls", &format!("localhost:{port}"));
    let log = std::fs::read_to_string(path.join("log")).unwrap_or_default();
    assert!(outcome.success, "{}\n{log}", outcome.log);
    assert_eq!(outcome.certificates[0].common_name, "localhost");
}

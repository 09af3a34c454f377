//! Real servers that are probed: nginx with TLS, and a few that no server program plays.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve fails")]

use flate2::Compression as Level;
use flate2::write::{DeflateEncoder, GzEncoder};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, skip, wait_for};

/// nginx with a plain and an encrypted port, and `ca.pem` in its folder.
pub(crate) struct Nginx {
    pub(crate) plain: u16,
    pub(crate) tls: u16,
    pub(crate) http2: u16,
    pub(crate) expired: u16,
    /// Its certificate is signed by itself.
    pub(crate) own: u16,
    pub(crate) folder: TempDir,
    _peer: Peer,
}

impl Nginx {
    pub(crate) fn ca(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }
}

/// Starts nginx as one process, so that nothing of it outlives a kill; `None` after saying why it is
/// not there.
pub(crate) fn nginx() -> Option<Nginx> {
    let Some(program) = find_program("nginx") else {
        skip("probes of nginx", "nginx is not installed (cargo xtask setup)");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    certificates(path);
    let [plain, tls, http2, expired, own] = std::array::from_fn(|_| free_port());
    std::fs::create_dir(path.join("html")).unwrap();
    std::fs::write(path.join("html/index.html"), "hello body\n").unwrap();
    std::fs::write(path.join("html/large"), "0123456789abcdef".repeat(1 << 16)).unwrap();
    let text = b"compressed body";
    let mut gzip = GzEncoder::new(Vec::new(), Level::best());
    gzip.write_all(text).unwrap();
    std::fs::write(path.join("html/body.gz"), gzip.finish().unwrap()).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Level::best());
    deflate.write_all(text).unwrap();
    std::fs::write(path.join("html/body.deflate"), deflate.finish().unwrap()).unwrap();
    std::fs::write(path.join("nginx.conf"), conf(path, [plain, tls, http2, expired, own])).unwrap();
    let mut command = Command::new(program);
    command.args(["-g", "daemon off; master_process off;", "-e", "stderr", "-p"]).arg(path);
    command.arg("-c").arg(path.join("nginx.conf"));
    let peer = Peer::start(&mut command, &path.join("log")).unwrap();
    wait_for("nginx answers", || TcpStream::connect(("127.0.0.1", plain)).ok());
    Some(Nginx { plain, tls, http2, expired, own, folder, _peer: peer })
}

fn conf(path: &Path, [plain, tls, http2, expired, own]: [u16; 5]) -> String {
    let dir = path.display();
    let user = "user root;\n";
    format!(
        "{user}worker_processes 1;\npid {dir}/pid;\nevents {{}}\n\
         http {{\n access_log off;\n client_body_temp_path {dir}/b;\n proxy_temp_path {dir}/p;\n \
         fastcgi_temp_path {dir}/f;\n uwsgi_temp_path {dir}/u;\n scgi_temp_path {dir}/s;\n \
         ssl_certificate {dir}/leaf.pem;\n ssl_certificate_key {dir}/leaf.key;\n \
         server {{\n  listen 127.0.0.1:{plain};\n  listen 127.0.0.1:{tls} ssl;\n  \
         listen 127.0.0.1:{http2} ssl http2;\n  root {dir}/html;\n  \
         add_header X-Thing one;\n  add_header X-Host $host;\n  \
         location = /missing {{ return 404; }}\n  \
         location = /moved {{ return 302 /index.html; }}\n  \
         location = /elsewhere {{ return 301 http://localhost:{plain}/index.html; }}\n  \
         location = /loop {{ return 302 /loop; }}\n  \
         location = /secret {{ if ($http_authorization != 'Basic dTpw') {{ return 401; }} \
         return 200 'in'; }}\n  \
         location = /host {{ return 200 $http_host; }}\n  \
         location = /zipped {{ add_header Content-Encoding gzip; alias {dir}/html/body.gz; }}\n  \
         location = /deflated {{ alias {dir}/html/body.deflate; }}\n  \
         location = /large {{ alias {dir}/html/large; }}\n  \
         location = /permanent {{ return 308 /host; }}\n  \
         location = /other {{ return 303 /post; }}\n  \
         location = /to-tls {{ return 302 https://localhost:{tls}/; }}\n  \
         location = /post {{ return 200 $request_method; }}\n }}\n \
         server {{\n  listen 127.0.0.1:{expired} ssl;\n  \
         ssl_certificate {dir}/expired.pem;\n  ssl_certificate_key {dir}/leaf.key;\n  \
         return 200 'old';\n }}\n \
         server {{\n  listen 127.0.0.1:{own} ssl;\n  \
         ssl_certificate {dir}/own.pem;\n  ssl_certificate_key {dir}/own.key;\n  \
         return 200 'own';\n }}\n}}\n"
    )
}

/// An authority, a certificate of `localhost` that it signed, and one that has expired.
pub(crate) fn certificates(path: &Path) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "Test Authority");
    ca.distinguished_name.push(DnType::OrganizationName, "Example, Inc. #1");
    ca.not_after = rcgen::date_time_ymd(2040, 1, 1);
    let ca_cert = ca.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    std::fs::write(path.join("ca.pem"), ca_cert.pem()).unwrap();
    std::fs::write(path.join("leaf.key"), key.serialize_pem()).unwrap();
    let own_key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    own.distinguished_name.push(DnType::CommonName, "own");
    own.not_after = rcgen::date_time_ymd(2038, 1, 1);
    std::fs::write(path.join("own.pem"), own.self_signed(&own_key).unwrap().pem()).unwrap();
    std::fs::write(path.join("own.key"), own_key.serialize_pem()).unwrap();
    for (name, until) in [("leaf", 2039), ("expired", 2020)] {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut leaf = CertificateParams::new(names).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.distinguished_name.push(DnType::OrganizationalUnitName, " padded \"unit\"");
        leaf.distinguished_name.push(DnType::CountryName, "DE");
        leaf.not_before = rcgen::date_time_ymd(2019, 1, 1);
        leaf.not_after = rcgen::date_time_ymd(until, 5, 6);
        let cert = leaf.signed_by(&key, &issuer).unwrap();
        std::fs::write(path.join(format!("{name}.pem")), cert.pem() + &ca_cert.pem()).unwrap();
    }
}

/// A server of lines: greets, then answers each line with `250 LINE`; hangs up after `QUIT`.
pub(crate) fn lines() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A prober that hangs up in the middle is no mistake.
            let _gone = stream.write_all(b"220 mail.example ready v1.2\r\n");
            let reader = BufReader::new(stream.try_clone().unwrap());
            for line in reader.lines().map_while(Result::ok) {
                if line == "QUIT" {
                    break;
                }
                let _gone = stream.write_all(format!("250 {line}\r\n").as_bytes());
            }
        }
    });
    address
}

/// A server that accepts and never says a word.
pub(crate) fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let kept: Vec<_> = listener.incoming().collect();
        drop(kept);
    });
    address
}

/// A server that redirects every request to a URL.
pub(crate) fn redirect_to(url: &str) -> SocketAddr {
    let answer = format!(
        "HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let reader = BufReader::new(stream.try_clone().unwrap());
            let head = reader.lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            assert!(head.count() > 0, "a request has a head");
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// A server that waits some milliseconds before each answer.
pub(crate) fn slow(wait_ms: u64, body: &'static str) -> SocketAddr {
    answering(move |stream| {
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        let length = body.len();
        let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        let _gone = stream.write_all(text.as_bytes());
    })
}

/// A server that answers requests of HTTP with something else.
pub(crate) fn garbage() -> SocketAddr {
    answering(|stream| {
        let _gone = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
    })
}

/// Reads a request's head on each connection, then lets somebody answer.
fn answering(answer: impl Fn(&mut TcpStream) + Send + Copy + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let reader = BufReader::new(stream.try_clone().unwrap());
                let head = reader.lines().map_while(Result::ok);
                head.take_while(|line| !line.is_empty()).for_each(drop);
                answer(&mut stream);
            });
        }
    });
    address
}

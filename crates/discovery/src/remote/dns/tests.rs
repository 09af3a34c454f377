use super::resolver::Settings;
use super::*;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sys::Vfs;
use sys::sim::SimVfs;

/// Records of the names that the server knows; the number before is the type.
const RECORDS: [(&str, u16, &[u8]); 7] = [
    ("web.example", 1, &[192, 0, 2, 1]),
    ("web.example", 1, &[192, 0, 2, 2]),
    ("six.example", 28, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ("_p._tcp.example", 33, b"\x00\x01\x00\x02\x23\x82\x01a\x07example\x00"),
    ("mail.example", 15, b"\x00\x0a\x02mx\x07example\x00"),
    ("zone.example", 2, b"\x02ns\x07example\x00"),
    ("alias.example", 5, b"\x03web\x07example\x00"),
];

/// A server over UDP and TCP. Names of `big.` are cut over UDP, those of `bad.` not answered well.
struct Server {
    address: SocketAddr,
    fails: Arc<AtomicBool>,
}

impl Server {
    fn start() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(address).unwrap();
        let fails = Arc::new(AtomicBool::new(false));
        let failing = Arc::clone(&fails);
        std::thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = udp.recv_from(&mut buffer) {
                let answer = answer(&buffer[..length], true, failing.load(Ordering::SeqCst));
                udp.send_to(&answer, from).unwrap();
            }
        });
        std::thread::spawn(move || {
            for mut stream in tcp.incoming().map_while(Result::ok) {
                let mut length = [0; 2];
                stream.read_exact(&mut length).unwrap();
                let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                stream.read_exact(&mut question).unwrap();
                let answer = answer(&question, false, false);
                let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                stream.write_all(&[&length[..], &answer].concat()).unwrap();
            }
        });
        Self { address, fails }
    }

    fn resolver(&self, resolv_conf: &str) -> Resolver {
        let vfs = SimVfs::new(1);
        vfs.create_dir_all(Path::new("/etc")).unwrap();
        vfs.replace(Path::new("/etc/resolv.conf"), resolv_conf.as_bytes()).unwrap();
        let policy = Arc::new(net::AddressPolicy::default());
        let options = ClientOptions { policy, vfs: Arc::new(vfs) };
        Resolver { port: self.address.port(), ..Resolver::new(&options) }
    }
}

fn answer(question: &[u8], is_datagram: bool, fails: bool) -> Vec<u8> {
    let mut name = String::new();
    let mut at = 12;
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        name += std::str::from_utf8(&question[at + 1..end]).unwrap();
        name.push('.');
        at = end;
    }
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let known = name.trim_end_matches('.');
    let cut = is_datagram && known.starts_with("big.");
    let known = known.strip_prefix("big.").unwrap_or(known);
    let exists = RECORDS.iter().any(|(name, ..)| *name == known);
    let found = RECORDS.iter().filter(|(name, has, _)| *name == known && [kind, 5].contains(has));
    let found: Vec<_> = if cut { Vec::new() } else { found.collect() };
    let rcode = if fails || known.starts_with("bad.") {
        2
    } else if exists {
        0
    } else {
        3
    };
    let mut message = question[..2].to_vec();
    let flags = 0x81 | if cut { 0x02 } else { 0 };
    let count = u8::try_from(found.len()).unwrap();
    message.extend([flags, 0x80 | rcode, 0, 1, 0, count, 0, 0, 0, 0]);
    message.extend(&question[12..]);
    for (_, kind, data) in found {
        message.extend(b"\xc0\x0c");
        message.extend(kind.to_be_bytes());
        message.extend(b"\x00\x01\x00\x00\x00\x3c\x00");
        message.push(u8::try_from(data.len()).unwrap());
        message.extend(*data);
    }
    message
}

fn entry(record_type: DnsRecordType, names: &[&str]) -> DnsSdConfig {
    DnsSdConfig {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        record_type,
        port: 9100,
        refresh_interval: std::time::Duration::from_secs(30),
    }
}

fn shown(report: &Report) -> Vec<String> {
    let groups = report.groups.iter().flatten();
    groups.flat_map(|group| group.targets.iter().map(ToString::to_string)).collect()
}

#[tokio::test]
async fn each_type_of_record_has_its_labels() {
    let server = Server::start();
    let resolver = server.resolver("nameserver 127.0.0.1\n");
    for (record_type, name, expected) in [
        (
            DnsRecordType::A,
            "web.example",
            &[
                "{__address__=\"192.0.2.1:9100\", __meta_dns_name=\"web.example\"}",
                "{__address__=\"192.0.2.2:9100\", __meta_dns_name=\"web.example\"}",
            ][..],
        ),
        (
            DnsRecordType::Aaaa,
            "six.example",
            &["{__address__=\"[2001:db8::1]:9100\", __meta_dns_name=\"six.example\"}"],
        ),
        (
            DnsRecordType::Srv,
            "_p._tcp.example",
            &["{__address__=\"a.example:9090\", __meta_dns_name=\"_p._tcp.example\", \
               __meta_dns_srv_record_port=\"9090\", __meta_dns_srv_record_target=\"a.example.\"}"],
        ),
        (
            DnsRecordType::Mx,
            "mail.example",
            &["{__address__=\"mx.example:9100\", __meta_dns_mx_record_target=\"mx.example.\", \
               __meta_dns_name=\"mail.example\"}"],
        ),
        (
            DnsRecordType::Ns,
            "zone.example",
            &["{__address__=\"ns.example:9100\", __meta_dns_name=\"zone.example\", \
               __meta_dns_ns_record_target=\"ns.example.\"}"],
        ),
        (DnsRecordType::A, "alias.example", &[]),
    ] {
        let config = entry(record_type, &[name]);
        let report = refresh(&config, &resolver, &mut BTreeMap::new()).await;
        assert_eq!(report.fault, None, "{name}");
        assert_eq!(shown(&report), expected, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_is_asked_for_over_a_connection() {
    let server = Server::start();
    let resolver = server.resolver("nameserver 127.0.0.1\n");
    let config = entry(DnsRecordType::A, &["big.web.example"]);
    let report = refresh(&config, &resolver, &mut BTreeMap::new()).await;
    assert_eq!(shown(&report).len(), 2, "{report:?}");
}

#[tokio::test]
async fn targets_stay_while_servers_fail_and_go_when_the_name_is_gone() {
    let server = Server::start();
    let resolver = server.resolver("nameserver 127.0.0.1\n");
    let config = entry(DnsRecordType::A, &["web.example", "gone.example"]);
    let mut known = BTreeMap::new();
    let report = refresh(&config, &resolver, &mut known).await;
    assert_eq!(shown(&report).len(), 2);
    server.fails.store(true, Ordering::SeqCst);
    let report = refresh(&config, &resolver, &mut known).await;
    assert_eq!(shown(&report).len(), 2, "the last targets stay");
    let fault = report.fault.unwrap();
    assert!(fault.message.contains("answers gone.example. with code 2"), "{fault:?}");
    server.fails.store(false, Ordering::SeqCst);
    known.insert("gone.example".to_owned(), known["web.example"].clone());
    let report = refresh(&config, &resolver, &mut known).await;
    assert_eq!((shown(&report).len(), report.fault), (2, None), "no such name has no targets");
}

#[tokio::test]
async fn search_domains_are_tried_and_one_answer_is_enough() {
    let server = Server::start();
    let resolver = server.resolver("search bad.invalid example\nnameserver 127.0.0.1\n");
    let found = resolver.look_up("web", dns::A).await.unwrap();
    assert_eq!(found.answers.len(), 2);
    let resolver = server.resolver("search other example\nnameserver 127.0.0.1\n");
    assert_eq!(resolver.look_up("nothing", dns::A).await, Ok(Answer::default()));
    let resolver = server.resolver("search bad.invalid\nnameserver 127.0.0.1\n");
    let why = resolver.look_up("bad", dns::A).await.unwrap_err();
    assert!(why.contains("answers bad.bad.invalid. with code 2"), "one is not known: {why}");
}

#[test]
fn resolv_conf_is_read_as_the_system_reads_it() {
    let text = "# comment\n; another\nnameserver 192.0.2.1\nnameserver nonsense\nnameserver ::1\n\
                domain lost.example\nsearch a.example b.example.\noptions rotate ndots:2 timeout:1\n";
    let settings = Settings::parse(text);
    assert_eq!(settings.servers.len(), 2);
    assert_eq!(settings.dots, 2);
    let names = |name: &str| settings.names(name).join(" ");
    assert_eq!(names("db"), "db.a.example. db.b.example. db.");
    assert_eq!(names("db.x"), "db.x.a.example. db.x.b.example. db.x.");
    assert_eq!(names("db.x.y"), "db.x.y. db.x.y.a.example. db.x.y.b.example.");
    assert_eq!(names("db."), "db.");
}

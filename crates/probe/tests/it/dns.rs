//! DNS and ICMP beside Debian's exporter, and gRPC's health service.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve fails")]

use crate::exporter::{as_of_0_23, lines, ours, probe, start};
use probe::Reason;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};

/// A server over UDP and TCP at one port: `a.example` has an address, `refused.example` is refused,
/// any other name has a start of authority alone.
fn server() -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer) {
            udp.send_to(&answer(&buffer[..length]), from).unwrap();
        }
    });
    std::thread::spawn(move || {
        for stream in tcp.incoming() {
            let mut stream = stream.unwrap();
            let mut length = [0; 2];
            if stream.read_exact(&mut length).is_err() {
                continue;
            }
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut question).unwrap();
            let answer = answer(&question);
            let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
            stream.write_all(&[&length[..], &answer].concat()).unwrap();
        }
    });
    address
}

fn answer(question: &[u8]) -> Vec<u8> {
    let soa = b"\xc0\x0c\x00\x06\x00\x01\0\0\x0e\x10\x00\x20\x02ns\xc0\x0c\x04mail\xc0\x0c\
        \0\0\x07\xe7\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04";
    let a = b"\xc0\x0c\x00\x01\x00\x01\0\0\0\x3c\0\x04\x7f\0\0\x01";
    let has = |name: &[u8]| question.windows(name.len()).any(|part| part == name);
    let mut message = question[..2].to_vec();
    let (rcode, answers, authorities): (u8, &[u8], &[u8]) = if has(b"refused") {
        (5, b"", b"")
    } else if has(b"\x01a\x07example\0\0\x01") {
        (0, a, b"")
    } else if has(b"\x00\x00\x06\x00\x01") {
        (0, soa, b"")
    } else {
        (3, b"", soa)
    };
    let count = |records: &[u8]| u8::from(!records.is_empty());
    message.extend([0x81, 0x80 | rcode, 0, 1, 0, count(answers), 0, count(authorities), 0, 0]);
    message.extend(&question[12..]);
    message.extend(answers);
    message.extend(authorities);
    message
}

#[test]
fn dns_agrees_with_the_exporter() {
    let module = |name: &str, keys: &str| {
        format!("  {name}: {{prober: dns, timeout: 2s, dns: {{{keys}}}}}\n")
    };
    let modules = "modules:\n".to_owned()
        + &module("a", "query_name: a.example, query_type: A")
        + &module("tcp", "query_name: a.example, query_type: A, transport_protocol: tcp")
        + &module("soa", "query_name: a.example, query_type: SOA")
        + &module("none", "query_name: b.example, query_type: A")
        + &module("nx", "query_name: b.example, query_type: A, valid_rcodes: [NXDOMAIN]")
        + &module("refused", "query_name: refused.example")
        + &module(
            "good",
            "query_name: a.example, query_type: A, validate_answer_rrs: \
             {fail_if_not_matches_regexp: ['^a\\.example\\.\\t60\\tIN\\tA\\t127\\..*$'], \
             fail_if_matches_regexp: ['::1']}",
        )
        + &module(
            "bad",
            "query_name: a.example, query_type: A, validate_answer_rrs: \
             {fail_if_none_matches_regexp: ['10\\.0']}",
        )
        + &module(
            "authority",
            "query_name: b.example, query_type: A, valid_rcodes: [NXDOMAIN], \
             validate_authority_rrs: {fail_if_not_matches_regexp: \
             ['SOA\\tns\\.b\\.example\\. mail\\.b\\.example\\. 2023 1 2 3 4$']}, \
             validate_additional_rrs: {fail_if_not_matches_regexp: ['x']}",
        );
    let Some(exporter) = start(&modules) else { return };
    let ours = ours(&modules);
    let target = server().to_string();
    for (module, reason) in [
        ("a", None),
        ("tcp", None),
        ("soa", None),
        ("none", Some(Reason::Rcode)),
        ("nx", None),
        ("refused", Some(Reason::Rcode)),
        ("good", None),
        ("bad", Some(Reason::Records)),
        ("authority", Some(Reason::Records)),
    ] {
        let theirs = lines(&exporter.probe(module, &target));
        let outcome = probe(&ours, module, &target);
        let own = lines(&as_of_0_23(&outcome.families));
        assert_eq!(own, theirs, "{module}\n{}", outcome.log);
        assert_eq!(outcome.reason, reason, "{module}\n{}", outcome.log);
    }
}

#[test]
fn echoes_agree_with_the_exporter_where_sockets_are_allowed() {
    let modules = "modules:\n  v4: {prober: icmp, icmp: {preferred_ip_protocol: ip4}}\n  \
        whole: {prober: icmp, icmp: {preferred_ip_protocol: ip4, dont_fragment: true, \
        payload_size: 100, ttl: 9}}\n";
    let Some(exporter) = start(modules) else { return };
    let ours = ours(modules);
    for module in ["v4", "whole"] {
        let theirs = exporter.probe(module, "127.0.0.1");
        let outcome = probe(&ours, module, "127.0.0.1");
        if !outcome.success && theirs.contains("probe_success 0") {
            testkit::skip("ICMP beside blackbox_exporter", "no socket for ICMP is allowed here");
            continue;
        }
        let own = lines(&as_of_0_23(&outcome.families));
        assert_eq!(own, lines(&theirs), "{module}\n{}", outcome.log);
    }
}

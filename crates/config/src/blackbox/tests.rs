use super::*;
use expect_test::{Expect, expect};

fn module(text: &str) -> ProbeModule {
    let loaded = load("blackbox.yml", &format!("modules:\n  m: {text}\n"));
    loaded.unwrap_or_else(|error| panic!("{text}: {error}")).config.modules["m"].clone()
}

fn refused(text: &str, expected: &Expect) {
    let error = load("blackbox.yml", text).unwrap_err();
    let lines: Vec<String> = error
        .problems()
        .iter()
        .map(|p| format!("{}:{}: {}\n", p.file, p.place, p.message))
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn the_file_that_debian_ships_is_read() {
    let text = "modules:\n  http_2xx:\n    prober: http\n  http_post_2xx:\n    prober: http\n    \
        http:\n      method: POST\n  pop3s_banner:\n    prober: tcp\n    tcp:\n      \
        query_response:\n      - expect: \"^+OK\"\n      tls: true\n      tls_config:\n        \
        insecure_skip_verify: false\n  icmp_ttl5:\n    prober: icmp\n    timeout: 5s\n    \
        icmp:\n      ttl: 5\n  grpc:\n    prober: grpc\n    grpc:\n      tls: true\n      \
        preferred_ip_protocol: \"ip4\"\n";
    let modules = load("blackbox.yml", text).unwrap().config.modules;
    assert_eq!(modules.len(), 5);
    let Prober::Icmp(icmp) = &modules["icmp_ttl5"].prober else { panic!("icmp") };
    assert_eq!((icmp.ttl, modules["icmp_ttl5"].timeout), (5, Some(Duration::from_secs(5))));
    let Prober::Tcp(tcp) = &modules["pop3s_banner"].prober else { panic!("tcp") };
    assert!(tcp.talk.steps[0].expect.as_ref().unwrap().regex.is_match("OK ready"));
    let Prober::Grpc(grpc) = &modules["grpc"].prober else { panic!("grpc") };
    assert!(grpc.tls && grpc.ip.prefers_ip4 && grpc.ip.falls_back);
}

#[test]
fn absent_keys_have_upstreams_defaults() {
    let Prober::Http(http) = module("{prober: http}").prober else { panic!("http") };
    assert_eq!(*http, HttpProbe::default());
    assert!(http.client.follow_redirects && !http.ip.prefers_ip4 && http.ip.falls_back);
    let stays = module("{prober: http, http: {no_follow_redirects: true}}").prober;
    let Prober::Http(stays) = stays else { panic!("http") };
    assert!(!stays.client.follow_redirects);
    let Prober::Dns(dns) = module("{prober: dns, dns: {query_name: a.example}}").prober else {
        panic!("dns")
    };
    assert_eq!((dns.query_type, dns.query_class), (255, 1));
    assert_eq!((dns.valid_rcodes, dns.recursion_desired), (vec![0], true));
}

#[test]
fn mistakes_are_told_with_their_places() {
    refused(
        "modules:\n  a: {prober: htp}\n  b: {timeout: 5s}\n  c:\n    prober: http\n    http:\n      \
         valid_status: [200]\n      fail_if_body_matches_regexp: ['(']\n      body: x\n      \
         body_file: y\n      headers: {Accept-Encoding: 'br, identity'}\n      \
         compression: gzip\n",
        &expect![[r#"
            blackbox.yml:2:15: `prober` cannot be "htp"; expected one of `http`, `tcp`, `icmp`, `dns`, `grpc`, `unix`, `websocket`, `postgres`, `redis`; did you mean `http`?
            blackbox.yml:3:6: a module needs `prober`: one of `http`, `tcp`, `icmp`, `dns`, `grpc`, `unix`, `websocket`, `postgres`, `redis`
            blackbox.yml:7:7: unknown key `valid_status`
            blackbox.yml:8:37: `fail_if_body_matches_regexp`: cannot compile regular expression "(": unclosed group
            blackbox.yml:10:18: at most one of `body` and `body_file` may be set
            blackbox.yml:12:20: header `Accept-Encoding: br, identity` does not accept `gzip`
        "#]],
    );
    refused(
        "modules:\n  d:\n    prober: dns\n    dns:\n      query_type: AAAAA\n      \
         valid_rcodes: [NOEROR]\n      dns_over_tls: true\n  e: {prober: dns}\n  f:\n    \
         prober: icmp\n    icmp: {ttl: 256, payload_size: 65510}\n",
        &expect![[r#"
            blackbox.yml:5:7: query name must be set for DNS module
            blackbox.yml:5:19: `query_type` cannot be "AAAAA"; expected one of `A`, `NS`, `MD`, `MF`, `CNAME`, `SOA`, `MB`, `MG`, `MR`, `NULL`, `PTR`, `HINFO`, `MINFO`, `MX`, `TXT`, `RP`, `AFSDB`, `X25`, `ISDN`, `RT`, `NSAP-PTR`, `SIG`, `KEY`, `PX`, `GPOS`, `AAAA`, `LOC`, `NXT`, `EID`, `NIMLOC`, `SRV`, `ATMA`, `NAPTR`, `KX`, `CERT`, `DNAME`, `OPT`, `APL`, `DS`, `SSHFP`, `IPSECKEY`, `RRSIG`, `NSEC`, `DNSKEY`, `DHCID`, `NSEC3`, `NSEC3PARAM`, `TLSA`, `SMIMEA`, `HIP`, `NINFO`, `RKEY`, `TALINK`, `CDS`, `CDNSKEY`, `OPENPGPKEY`, `CSYNC`, `ZONEMD`, `SVCB`, `HTTPS`, `SPF`, `UINFO`, `UID`, `GID`, `UNSPEC`, `NID`, `L32`, `L64`, `LP`, `EUI48`, `EUI64`, `TKEY`, `TSIG`, `IXFR`, `AXFR`, `MAILB`, `MAILA`, `ANY`, `URI`, `CAA`, `AVC`, `AMTRELAY`, `TA`, `DLV`; did you mean `AAAA`?
            blackbox.yml:6:22: `valid_rcodes` cannot be "NOEROR"; expected one of `NOERROR`, `FORMERR`, `SERVFAIL`, `NXDOMAIN`, `NOTIMP`, `REFUSED`, `YXDOMAIN`, `YXRRSET`, `NXRRSET`, `NOTAUTH`, `NOTZONE`, `BADSIG`, `BADKEY`, `BADTIME`, `BADMODE`, `BADNAME`, `BADALG`, `BADTRUNC`, `BADCOOKIE`; did you mean `NOERROR`?
            blackbox.yml:7:21: `dns_over_tls` needs `transport_protocol: tcp`
            blackbox.yml:8:15: a module of DNS needs `dns` with `query_name`
            blackbox.yml:11:17: `ttl` is 0 to 255, found 256
            blackbox.yml:11:36: `payload_size` is at most 65507: no packet is larger
        "#]],
    );
    refused(
        "modules:\n  g:\n    prober: tcp\n    tcp:\n      source_ip_address: here\n      \
         query_response:\n      - {expect: ok, labels: [{name: a-b, value: x}]}\n      \
         - {send: x, labels: [{name: a, value: x}]}\n",
        &expect![[r#"
            blackbox.yml:5:26: `source_ip_address`: invalid IP address syntax
            blackbox.yml:7:38: "a-b" is no name of a label
            blackbox.yml:8:27: `labels` are made of what `expect` matches; it is missing
        "#]],
    );
}

#[test]
fn inv_70_credentials_in_headers_are_not_shown() {
    let text = "{prober: http, http: {headers: {authorization: Bearer s3cret, X-A: open}, \
        basic_auth: {username: u, password: s3cret}}}";
    let loaded = load("blackbox.yml", &format!("modules:\n  m: {text}\n")).unwrap();
    for shown in [&loaded.redacted, &loaded.config.modules["m"].shown] {
        assert!(!shown.contains("s3cret") && shown.contains("open"), "{shown}");
    }
}

#[test]
fn accepted_encodings_must_hold_the_compression() {
    let text = |accept: &str| {
        format!(
            "modules: {{m: {{prober: http, http: {{compression: gzip, headers: \
             {{accept-encoding: '{accept}'}}}}}}}}"
        )
    };
    for good in ["gzip", "br;q=1.0, gzip;q=0.9", "*", "br, *;q=0.1"] {
        assert!(load("f.yml", &text(good)).is_ok(), "{good}");
    }
    for bad in ["br, identity", "gzip;q=0", "*;q=0"] {
        assert!(load("f.yml", &text(bad)).is_err(), "{bad}");
    }
}

#[test]
fn databases_and_dns_over_https_are_read() {
    let text = "{prober: postgres, postgres: {username: monitor, password: hunter2, sslmode: require, \
        query: SELECT 1, expect: '^1$', role: replica, max_replication_lag: 30s}}";
    let found = module(text);
    assert!(!found.shown.contains("hunter2"), "{}", found.shown);
    let Prober::Postgres(postgres) = found.prober else { panic!("postgres") };
    assert_eq!((postgres.access.username.as_str(), postgres.database), ("monitor", None));
    assert_eq!((postgres.role, postgres.lag_max), {
        (Some(DatabaseRole::Replica), Some(Duration::from_secs(30)))
    });
    let Prober::Redis(redis) = module("{prober: redis, redis: {tls: true, role: master}}").prober
    else {
        panic!("redis")
    };
    assert!(redis.tls && redis.role == Some(DatabaseRole::Primary));
    let doh = "{prober: dns, dns: {query_name: a, dns_over_https: true, https_method: GET}}";
    let Prober::Dns(dns) = module(doh).prober else { panic!("dns") };
    let way = DnsOverHttps { uses_get: true, path: "/dns-query".into() };
    assert_eq!((dns.over_https, dns.over_tcp), (Some(way), false));
    refused(
        "modules:\n  a: {prober: postgres}\n  b: {prober: postgres, postgres: {expect: x}}\n  \
         c: {prober: redis, redis: {username: u, role: primary, max_replication_lag: 1s}}\n  \
         d: {prober: dns, dns: {query_name: a, dns_over_https: true, dns_over_tls: true, \
         transport_protocol: tcp}}\n  e: {prober: dns, dns: {query_name: a, https_path: x}}\n",
        &expect![[r"
            blackbox.yml:2:15: a module of PostgreSQL needs `postgres` with `username`
            blackbox.yml:3:35: a module of PostgreSQL needs `username`
            blackbox.yml:3:44: `expect` looks at what `query` gives; it is missing
            blackbox.yml:4:40: `username` needs `password` or `password_file`
            blackbox.yml:4:79: it is for replicas; `role` says `primary`
            blackbox.yml:5:57: `dns_over_https` excludes `dns_over_tls` and `transport_protocol: tcp`
            blackbox.yml:6:25: `https_method` and `https_path` are for `dns_over_https: true`
            blackbox.yml:6:53: `https_path` is a path such as `/dns-query`
        "]],
    );
}

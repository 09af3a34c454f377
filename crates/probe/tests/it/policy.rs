//! The policy of addresses holds for every hop, and what is newer than Debian's exporter.

use crate::exporter::{ours, ours_under, probe};
use crate::servers;
use net::{AddressPolicy, AddressRule, Cidr, Verdict};
use probe::Reason;
use std::net::IpAddr;

const MODULES: &str = "modules:\n  http: {prober: http, http: {preferred_ip_protocol: ip4}}\n\
    \x20 tcp: {prober: tcp}\n";

#[test]
fn inv_30_forbidden_addresses_are_not_dialled_by_name_number_or_redirect() {
    let modules = ours(MODULES);
    for target in ["169.254.169.254", "http://[::ffff:169.254.169.254]/latest/meta-data"] {
        let outcome = probe(&modules, "http", target);
        assert_eq!(outcome.reason, Some(Reason::Forbidden), "{target}\n{}", outcome.log);
    }
    let outcome = probe(&modules, "tcp", "169.254.169.254:80");
    assert_eq!(outcome.reason, Some(Reason::Forbidden));

    let Some(nginx) = servers::nginx() else { return };
    let by_name = format!("http://localhost:{}/", nginx.plain);
    let no_loopback = AddressPolicy::with_rules(["127.0.0.1", "::1"].map(|address| {
        let block = Cidr::single(address.parse::<IpAddr>().expect("an address"));
        AddressRule { block, verdict: Verdict::Deny }
    }));
    let outcome = probe(&ours_under(MODULES, no_loopback), "http", &by_name);
    assert_eq!(outcome.reason, Some(Reason::Forbidden), "{}", outcome.log);

    let redirect = servers::redirect_to("http://169.254.169.254/latest/meta-data").to_string();
    let outcome = probe(&ours(MODULES), "http", &redirect);
    assert_eq!(outcome.reason, Some(Reason::Forbidden), "{}", outcome.log);
}

#[test]
fn cipher_and_serial_number_are_told() {
    let Some(nginx) = servers::nginx() else { return };
    let modules = format!(
        "modules: {{m: {{prober: http, http: {{tls_config: {{ca_file: {}}}}}}}}}",
        nginx.ca()
    );
    let outcome = probe(&ours(&modules), "m", &format!("https://localhost:{}", nginx.http2));
    assert!(outcome.success, "{}", outcome.log);
    let labels = |name: &str| {
        let family = outcome.families.iter().find(|family| family.name == name);
        family.expect(name).points[0].labels.clone()
    };
    assert!(labels("probe_tls_cipher_info").get("cipher").expect("a cipher").starts_with("TLS_"));
    let serial = labels("probe_ssl_last_chain_info").get("serialnumber").map(str::to_owned);
    let serial = serial.expect("a serial number");
    assert!(serial.len() % 2 == 0 && serial.bytes().all(|b| b.is_ascii_hexdigit()), "{serial}");
    assert_eq!(outcome.certificates.len(), 2);
    assert_eq!(outcome.certificates[0].common_name, "localhost");
}

use super::{AddressPolicy, AddressRule, Cidr, Verdict};

fn rule(verdict: Verdict, block: &str) -> AddressRule {
    AddressRule { block: Cidr::parse(block).unwrap(), verdict }
}

#[track_caller]
fn check(policy: &AddressPolicy, address: &str, expected: Verdict) {
    assert_eq!(policy.verdict(address.parse().unwrap()), expected, "{address}");
}

#[test]
fn metadata_services_are_refused_in_every_notation() {
    let policy = AddressPolicy::default();
    for address in [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
    ] {
        check(&policy, address, Verdict::Deny);
    }
    for address in ["127.0.0.1", "::1", "::", "169.254.169.253", "10.0.0.1", "2001:db8::1"] {
        check(&policy, address, Verdict::Allow);
    }
}

#[test]
fn the_most_specific_rule_decides() {
    let policy = AddressPolicy::with_rules([
        rule(Verdict::Deny, "0.0.0.0/0"),
        rule(Verdict::Allow, "10.0.0.0/8"),
        rule(Verdict::Deny, "10.1.0.0/16"),
        rule(Verdict::Allow, "10.1.2.3"),
        rule(Verdict::Allow, "169.254.169.254/32"),
    ]);
    check(&policy, "8.8.8.8", Verdict::Deny);
    check(&policy, "10.9.9.9", Verdict::Allow);
    check(&policy, "10.1.9.9", Verdict::Deny);
    check(&policy, "10.1.2.3", Verdict::Allow);
    check(&policy, "::ffff:10.1.9.9", Verdict::Deny);
    check(&policy, "169.254.169.254", Verdict::Allow);
    check(&policy, "2001:db8::1", Verdict::Allow);
}

#[test]
fn blocks_are_read_and_shown() {
    for (text, shown) in
        [("10.0.0.0/8", "10.0.0.0/8"), ("::1", "::1/128"), ("0.0.0.0/0", "0.0.0.0/0")]
    {
        assert_eq!(Cidr::parse(text).unwrap().to_string(), shown);
    }
    for text in ["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/x", "10.0.0.0/-1", "host/8"] {
        assert!(Cidr::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(
        Cidr::parse("x/8").unwrap_err().describe(),
        "cannot read address block \"x/8\": no IP address: invalid IP address syntax"
    );
}

#[test]
fn an_empty_policy_allows_everything() {
    check(&AddressPolicy::allow_all(), "169.254.169.254", Verdict::Allow);
}

#[test]
fn the_loopback_of_ipv6_is_no_address_of_ipv4() {
    let policy = AddressPolicy::with_rules([rule(Verdict::Deny, "0.0.0.0/8")]);
    check(&policy, "0.0.0.1", Verdict::Deny);
    check(&policy, "::2", Verdict::Deny);
    check(&policy, "::1", Verdict::Allow);
    check(&policy, "::", Verdict::Allow);
}

#[test]
fn a_block_of_one_address_holds_no_other() {
    for (one, other) in [("10.0.0.1", "10.0.0.0"), ("fd00::1", "fd00::")] {
        let block = Cidr::single(one.parse().unwrap());
        assert!(block.contains(one.parse().unwrap()), "{one}");
        assert!(!block.contains(other.parse().unwrap()), "{other}");
    }
}

use super::*;
use rcgen::{CertificateParams, DnType, KeyPair};

fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params =
        CertificateParams::new(vec!["a.example".into(), "*.b.example".into()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = rcgen::date_time_ymd(1999, 12, 31);
    params.not_after = rcgen::date_time_ymd(2096, 2, 29);
    change(&mut params);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

#[test]
fn a_certificate_says_names_times_and_numbers() {
    let der = made(|params| {
        params.distinguished_name.push(DnType::CountryName, "DE");
        params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
        params.distinguished_name.push(DnType::CommonName, "#1 \"a\" ");
        params.serial_number = Some(vec![0, 0x0a, 0xff].into());
    });
    let certificate = Certificate::parse(&der).unwrap();
    assert_eq!(certificate.subject, r#"CN=\#1 \"a\"\ ,O=Example\, Inc.,C=DE"#);
    assert_eq!(certificate.issuer, certificate.subject);
    assert_eq!(certificate.common_name, "#1 \"a\" ");
    assert_eq!(certificate.dns_names, ["a.example", "*.b.example"]);
    assert_eq!(certificate.serial, "0aff");
    // 1999-12-31 is a UTCTime, 2096-02-29 a GeneralizedTime.
    assert_eq!(certificate.not_before, 946_598_400);
    assert_eq!(certificate.not_after, 3_981_312_000);
    assert_eq!(certificate.fingerprint_sha256.len(), 64);
}

#[test]
fn attributes_without_a_name_are_shown_as_numbers() {
    let der = made(|params| {
        let email = DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
        params.distinguished_name.push(DnType::CommonName, "a");
        params.distinguished_name.push(email, "x@y");
    });
    let certificate = Certificate::parse(&der).unwrap();
    assert_eq!(certificate.subject, "CN=a,1.2.840.113549.1.9.1=#0c03784079");
}

#[test]
fn any_cut_and_any_flipped_byte_is_read_or_refused() {
    let der = made(|_| {});
    for end in 0..der.len() {
        assert!(Certificate::parse(&der[..end]).is_none(), "cut at {end}");
    }
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut damaged = der.clone();
            damaged[at] ^= 1 << bit;
            // Read or refused; both are right, a panic is not.
            drop(Certificate::parse(&damaged));
        }
    }
}

fn named(subject: &str, issuer: &str, not_after: i64) -> Certificate {
    Certificate {
        subject_der: subject.as_bytes().into(),
        issuer_der: issuer.as_bytes().into(),
        not_after,
        ..Certificate::parse(&made(|_| {})).unwrap()
    }
}

fn anchor(subject: &str, not_after: i64) -> Anchor {
    Anchor { subject_der: subject.as_bytes().into(), not_after }
}

#[test]
fn a_chain_ends_with_its_first_certificate_and_the_last_chain_counts() {
    let leaf = || named("leaf", "middle", 50);
    let expiry = |presented: &[Certificate], anchors: &[Anchor]| {
        last_chain_expiry(presented, anchors).unwrap()
    };
    let middle = || named("middle", "root", 40);
    assert_eq!(expiry(&[leaf(), middle()], &[anchor("root", 30)]), 30);
    assert_eq!(expiry(&[leaf(), middle()], &[anchor("root", 99)]), 40);
    // A cross-signed way that ends later.
    let cross = named("middle", "other", 45);
    let anchors = [anchor("root", 30), anchor("other", 99)];
    assert_eq!(expiry(&[leaf(), middle(), cross], &anchors), 45);
    assert_eq!(expiry(&[leaf()], &[]), 50, "an unknown authority ends nothing");
    // Two ways that share what stands above them.
    let top = || named("top", "root", 20);
    let (first, second) = (named("middle", "top", 40), named("middle", "top", 45));
    assert_eq!(expiry(&[leaf(), first, second, top()], &[anchor("root", 99)]), 20);
    assert_eq!(expiry(&[leaf(), named("middle", "middle", 30)], &[]), 30, "a root that is shown");
    // Certificates that name each other lead nowhere: an unknown authority stands above the first.
    let circle = [named("a", "b", 9), named("b", "a", 8), named("a", "b", 7)];
    assert_eq!(expiry(&circle, &[]), 9);
    assert_eq!(expiry(&circle, &[anchor("a", 5)]), 5, "the way out");
    let same = || named("a", "a", 9);
    let crowd: Vec<Certificate> = std::iter::repeat_with(same).take(1000).collect();
    assert_eq!(expiry(&crowd, &[]), 9);
    assert_eq!(last_chain_expiry(&[], &[]), None);
}

//! Properties that hold for any bytes of a target; called by the fuzz targets and by the tests that
//! replay their corpora.

use net::{Certificate, dns};

/// Longest text of a record: each byte of a message is shown as at most four letters, names of a
/// message may be pointed at again, and there are a few letters around.
const TEXT_BYTES_MAX: usize = 4 * 65_535 + 4096;

/// Any bytes as an answer of DNS: no panic, records stay within their bounds and on their lines.
///
/// # Panics
/// When a property does not hold.
pub fn check_dns(data: &[u8]) {
    let Ok(answer) = dns::read(data) else { return };
    for record in answer.answers.iter().chain(&answer.authorities).chain(&answer.additionals) {
        assert!(record.text.len() <= TEXT_BYTES_MAX, "{}", record.text.len());
        assert!(!record.text.contains(['\n', '\r']), "{:?}", record.text);
    }
}

/// Any bytes as a certificate: no panic, what is read has a fingerprint and whole bytes.
///
/// # Panics
/// When a property does not hold.
pub fn check_certificate(data: &[u8]) {
    let Some(certificate) = Certificate::parse(data) else { return };
    assert_eq!(certificate.fingerprint_sha256.len(), 64);
    assert_eq!(certificate.serial.len() % 2, 0);
    assert!(certificate.not_before <= i64::MAX / 2 && certificate.not_after <= i64::MAX / 2);
}

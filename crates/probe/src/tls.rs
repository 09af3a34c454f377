//! What a handshake tells, as series.

use crate::names;
use crate::run::Run;
use model::Labels;
use net::TlsFacts;

/// Year 1, as Go's zero time is printed: there is no verified chain.
const ZERO_TIME: f64 = -62_135_596_800.0;

/// Does the prober tell the cipher suite? Upstream's HTTP and gRPC do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    Told,
    Untold,
}

/// Sets the series about certificates and TLS.
pub(crate) fn tell(run: &mut Run, facts: &TlsFacts, cipher: Cipher) {
    let ends = facts.certificates.iter().map(|certificate| certificate.not_after);
    let earliest = ends.min().map_or(ZERO_TIME, |end| end as f64);
    run.set(names::SSL_EARLIEST, earliest);
    let last = facts.last_chain_expiry.map_or(ZERO_TIME, |end| end as f64);
    run.set(names::SSL_LAST_CHAIN, last);
    run.set_with(names::TLS_VERSION, Labels::from_pairs([("version", facts.version)]), 1.0);
    if cipher == Cipher::Told {
        run.set_with(names::TLS_CIPHER, Labels::from_pairs([("cipher", &facts.cipher)]), 1.0);
    }
    if let Some(leaf) = facts.certificates.first() {
        let names_of_leaf = leaf.dns_names.join(",");
        let labels = Labels::from_pairs([
            ("fingerprint_sha256", leaf.fingerprint_sha256.as_str()),
            ("issuer", &leaf.issuer),
            ("serialnumber", &leaf.serial),
            ("subject", &leaf.subject),
            ("subjectalternative", &names_of_leaf),
        ]);
        run.set_with(names::SSL_INFO, labels, 1.0);
    }
    run.certificates.clone_from(&facts.certificates);
    run.findings.tls = Some((facts.version, facts.cipher.clone()));
}

//! Which authorities to trust when the configuration names none: the system's bundle
//! (`SSL_CERT_FILE`, then the places where distributions keep it), else Mozilla's list as compiled
//! in, so that a container without certificates still verifies public names.

use crate::Error;
use crate::certificate::Anchor;
use crate::tls::certificates;
use rustls::RootCertStore;
use std::path::Path;
use sys::Vfs;

#[cfg(test)]
mod tests;

/// Where Linux distributions and macOS keep one file with all authorities.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs/ca-bundle.crt",
];

const BUNDLE_BYTES_MAX: u64 = 16 << 20;

/// Authorities, and what is known about them: of those that are compiled in, nothing.
pub(crate) type System = (RootCertStore, Vec<Anchor>);

/// Authorities of the system; `env` is the value of `SSL_CERT_FILE`.
pub(crate) fn system(vfs: &dyn Vfs, env: Option<&str>) -> Result<System, Error> {
    // A bundle that was asked for must be readable; a guessed one may be missing.
    if let Some(path) = env.filter(|path| !path.is_empty()) {
        let source = config::TextSource::File(path.to_owned());
        let pem = crate::source::text(vfs, &source, "authorities (SSL_CERT_FILE)")?;
        return store(&pem);
    }
    for path in BUNDLES {
        let Ok(pem) = vfs.read(Path::new(path), BUNDLE_BYTES_MAX) else { continue };
        match store(&pem) {
            Ok((store, anchors)) if !store.is_empty() => return Ok((store, anchors)),
            Ok(_) | Err(_) => {}
        }
    }
    Ok((webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), Vec::new()))
}

fn store(pem: &[u8]) -> Result<System, Error> {
    let mut store = RootCertStore::empty();
    let certificates = certificates(pem, "authorities of the system")?;
    let anchors = certificates.iter().filter_map(|der| Anchor::of(der)).collect();
    // System bundles hold a few certificates that strict parsers refuse; the others count.
    store.add_parsable_certificates(certificates);
    Ok((store, anchors))
}

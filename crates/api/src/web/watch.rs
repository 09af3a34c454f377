//! Reads the web configuration when its files change, without a restart and without a timer.
//! Every connection and every authentication asks for the active form; asking costs one stat per
//! file (about 2 us). A form that cannot be used is reported once and the old one stays.

use super::tls::build_acceptor;
use super::{Pem, TlsSettings, WebSettings};
use crate::guard::Authenticator;
use crate::{Error, ErrorKind};
use http::{HeaderName, HeaderValue};
use parking_lot::Mutex;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Reads the settings from wherever they are kept.
type Load = dyn Fn() -> Result<WebSettings, String> + Send + Sync;

/// The web configuration ready for use.
pub(crate) struct Active {
    /// Checks users.
    pub(crate) authenticator: Authenticator,
    /// Headers for every answer.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Wraps connections, when TLS is configured.
    pub(crate) acceptor: Option<TlsAcceptor>,
    /// Does somebody have to prove who he is?
    pub(crate) authenticates: bool,
}

/// What says whether a file was replaced or rewritten.
type Fingerprint = Vec<Option<(u64, u64, i64, i64)>>;

struct State {
    active: Arc<Active>,
    files: Vec<PathBuf>,
    seen: Fingerprint,
}

/// Keeps the active form.
pub(crate) struct WebWatch {
    path: Option<PathBuf>,
    load: Box<Load>,
    state: Mutex<State>,
}

impl WebWatch {
    /// Reads the settings once; `path` is the file that `load` reads, if it reads one.
    pub(crate) fn new(path: Option<PathBuf>, load: Box<Load>) -> Result<Self, Error> {
        let fail = |reason: String| Error::new(ErrorKind::WebConfig, reason);
        let settings = load().map_err(fail)?;
        let files = files(path.as_deref(), &settings);
        let seen = fingerprint(&files);
        let active = Arc::new(activate(settings).map_err(fail)?);
        Ok(Self { path, load, state: Mutex::new(State { active, files, seen }) })
    }

    /// The active form, read again when a file changed.
    pub(crate) fn active(&self) -> Arc<Active> {
        let mut state = self.state.lock();
        let now = fingerprint(&state.files);
        if now != state.seen {
            state.seen = now;
            match self.reread() {
                Ok((active, files)) => {
                    state.seen = fingerprint(&files);
                    state.files = files;
                    state.active = Arc::new(active);
                    tracing::info!("web configuration read again");
                }
                Err(error) => {
                    tracing::error!(error, "web configuration changed but cannot be used");
                }
            }
        }
        Arc::clone(&state.active)
    }

    fn reread(&self) -> Result<(Active, Vec<PathBuf>), String> {
        let settings = (self.load)()?;
        let files = files(self.path.as_deref(), &settings);
        Ok((activate(settings)?, files))
    }
}

fn activate(settings: WebSettings) -> Result<Active, String> {
    let authenticates = settings.authenticates();
    let acceptor = settings.tls.as_ref().map(build_acceptor).transpose()?;
    Ok(Active {
        authenticator: Authenticator::new(settings.users)?,
        headers: settings.headers,
        acceptor,
        authenticates,
    })
}

fn files(path: Option<&Path>, settings: &WebSettings) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = path.iter().map(|path| path.to_path_buf()).collect();
    if let Some(TlsSettings { certificate, key, client_ca, .. }) = &settings.tls {
        for pem in [Some(certificate), Some(key), client_ca.as_ref()].into_iter().flatten() {
            match pem {
                Pem::File(path) => files.push(path.clone()),
                Pem::Inline(_) => {}
            }
        }
    }
    files
}

fn fingerprint(files: &[PathBuf]) -> Fingerprint {
    let of = |path: &PathBuf| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
    };
    files.iter().map(of).collect()
}

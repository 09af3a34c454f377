//! Reads the web configuration when its files change, without a restart and without a timer.
//! Every connection and every authentication asks for the active form; asking costs one stat per
//! file (about 2 us). A form that cannot be used is reported once and the old one stays; so does
//! the old one when the new one would let everybody in where that is not allowed.

use super::limiter::Limiter;
use super::tls::build_acceptor;
use crate::guard::Authenticator;
use crate::{Error, ErrorKind};
use config::{ClientAuth, SecretSource, TextSource, WebConfig};
use http::{HeaderName, HeaderValue};
use parking_lot::Mutex;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::{OsVfs, Vfs};
use tokio_rustls::TlsAcceptor;

/// Longest accepted web configuration.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// The web configuration ready for use.
pub(crate) struct Active {
    /// Checks users.
    pub(crate) authenticator: Authenticator,
    /// Headers for every answer.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Wraps connections, when TLS is configured.
    pub(crate) acceptor: Option<TlsAcceptor>,
    /// Counts requests, when their rate is limited.
    pub(crate) limiter: Option<Limiter>,
    /// Does somebody have to prove who he is?
    pub(crate) authenticates: bool,
}

/// What says whether a file was replaced or rewritten.
type Fingerprint = Vec<Option<(u64, u64, i64, i64)>>;

struct State {
    active: Arc<Active>,
    files: Vec<PathBuf>,
    seen: Fingerprint,
    /// Others can reach the server, and nobody said that they may.
    must_authenticate: bool,
}

/// Where the configuration comes from.
enum Source {
    /// Fixed: no file was named, or a test made it.
    Fixed(Box<WebConfig>),
    /// `--web.config.file`
    File(PathBuf),
}

impl Source {
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Fixed(_) => None,
            Self::File(path) => Some(path),
        }
    }

    fn load(&self) -> Result<WebConfig, String> {
        match self {
            Self::Fixed(config) => Ok((**config).clone()),
            Self::File(path) => load_file(path),
        }
    }
}

/// Keeps the active form.
pub(crate) struct WebWatch {
    source: Source,
    state: Mutex<State>,
}

impl WebWatch {
    /// The form that allows everything: no users, no TLS.
    pub(crate) fn open() -> Self {
        Self::fixed(WebConfig::default()).expect("the empty configuration names no files")
    }

    /// A form that never changes, except for the certificates it names.
    pub(crate) fn fixed(config: WebConfig) -> Result<Self, Error> {
        Self::new(Source::Fixed(Box::new(config)))
    }

    /// The form in a web-config.yml.
    pub(crate) fn file(path: PathBuf) -> Result<Self, Error> {
        Self::new(Source::File(path))
    }

    fn new(source: Source) -> Result<Self, Error> {
        let fail = |reason: String| Error::new(ErrorKind::WebConfig, reason);
        let config = source.load().map_err(fail)?;
        let files = files(source.path(), &config);
        let seen = fingerprint(&files);
        let active = Arc::new(activate(config).map_err(fail)?);
        let state = State { active, files, seen, must_authenticate: false };
        Ok(Self { source, state: Mutex::new(state) })
    }

    /// From now on a form under which nobody has to prove who he is cannot be used.
    pub(crate) fn require_authentication(&self) {
        self.state.lock().must_authenticate = true;
    }

    /// The active form, read again when a file changed.
    pub(crate) fn active(&self) -> Arc<Active> {
        let mut state = self.state.lock();
        let now = fingerprint(&state.files);
        if now != state.seen {
            state.seen = now;
            match self.reread(state.must_authenticate) {
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

    fn reread(&self, must_authenticate: bool) -> Result<(Active, Vec<PathBuf>), String> {
        let config = self.source.load()?;
        let files = files(self.source.path(), &config);
        let active = activate(config)?;
        if must_authenticate && !active.authenticates {
            return Err("it names no users and verifies no client certificates, but the server \
                        listens beyond loopback without --web.allow-anonymous"
                .into());
        }
        Ok((active, files))
    }
}

fn load_file(path: &Path) -> Result<WebConfig, String> {
    let name = path.display().to_string();
    let fail = |reason: &dyn std::fmt::Display| {
        format!("cannot read {name} (at most {CONFIG_BYTES_MAX} bytes of UTF-8): {reason}")
    };
    let bytes = OsVfs.read(path, CONFIG_BYTES_MAX).map_err(|error| fail(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| fail(&error))?;
    let loaded = config::web::load(&name, &text).map_err(|error| error.to_string())?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    Ok(loaded.config)
}

fn activate(config: WebConfig) -> Result<Active, String> {
    let by_certificate =
        config.tls.as_ref().is_some_and(|tls| tls.client_auth == ClientAuth::RequireAndVerify);
    let authenticates = by_certificate || !config.users.is_empty();
    let acceptor = config.tls.as_ref().map(build_acceptor).transpose()?;
    let users = config.users.into_iter().map(|(user, hash)| (user, hash.reveal().to_owned()));
    Ok(Active {
        authenticator: Authenticator::new(users.collect())?,
        headers: config.headers.iter().map(header).collect::<Result<_, _>>()?,
        acceptor,
        limiter: config.rate_limit.map(Limiter::new),
        authenticates,
    })
}

fn header((name, value): &(String, String)) -> Result<(HeaderName, HeaderValue), String> {
    let fail =
        |reason: &dyn std::fmt::Display| format!("http_server_config.headers: {name}: {reason}");
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|error| fail(&error))?;
    Ok((parsed, HeaderValue::from_str(value).map_err(|error| fail(&error))?))
}

fn files(path: Option<&Path>, config: &WebConfig) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = path.iter().map(|path| path.to_path_buf()).collect();
    let Some(tls) = &config.tls else { return files };
    for pem in [Some(&tls.cert), tls.client_ca.as_ref()].into_iter().flatten() {
        match pem {
            TextSource::File(path) => files.push(path.into()),
            TextSource::Inline(_) => {}
        }
    }
    match &tls.key {
        SecretSource::File(path) => files.push(path.into()),
        SecretSource::Inline(_) => {}
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

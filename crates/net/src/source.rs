//! Texts and secrets that stand in the configuration or in a file; files are read at each use, so
//! that rotation needs no reload.

use crate::{Error, ErrorKind};
use config::{SecretSource, TextSource};
use std::path::Path;
use sys::Vfs;

#[cfg(test)]
mod tests;

/// Largest file with a certificate bundle, key or secret: 4 MiB.
const FILE_BYTES_MAX: u64 = 4 << 20;

pub(crate) fn text(vfs: &dyn Vfs, source: &TextSource, what: &str) -> Result<Vec<u8>, Error> {
    match source {
        TextSource::Inline(text) => Ok(text.clone().into_bytes()),
        TextSource::File(path) => file(vfs, path, what),
    }
}

pub(crate) fn secret(vfs: &dyn Vfs, source: &SecretSource, what: &str) -> Result<Vec<u8>, Error> {
    match source {
        SecretSource::Inline(secret) => Ok(secret.reveal().as_bytes().to_vec()),
        SecretSource::File(path) => file(vfs, path, what),
    }
}

/// A secret as one line of text, without white space around it.
pub(crate) fn secret_line(
    vfs: &dyn Vfs,
    source: &SecretSource,
    what: &str,
) -> Result<String, Error> {
    line(secret(vfs, source, what)?, what)
}

/// A text as one line, without white space around it.
pub(crate) fn text_line(vfs: &dyn Vfs, source: &TextSource, what: &str) -> Result<String, Error> {
    line(text(vfs, source, what)?, what)
}

fn line(bytes: Vec<u8>, what: &str) -> Result<String, Error> {
    // The cause of a failed conversion holds the bytes, so it stays out of the error.
    let text = String::from_utf8(bytes).ok();
    let text = text.ok_or_else(|| Error::new(ErrorKind::Config, format!("{what} is not UTF-8")))?;
    Ok(text.trim().to_owned())
}

fn file(vfs: &dyn Vfs, path: &str, what: &str) -> Result<Vec<u8>, Error> {
    vfs.read(Path::new(path), FILE_BYTES_MAX).map_err(|error| {
        Error::new(ErrorKind::Config, format!("cannot read {what} from {path:?}")).caused_by(error)
    })
}

//! What every collector works with: the round it fills, files it reads again and again, and what
//! it remembers between rounds. Nothing here knows a metric.

use crate::family::Families;
use crate::text;
use crate::{Error, ErrorKind, Host, HostFile, Roots};
use model::{Labels, MetricKind, Timestamp};
use std::io;
use std::path::{Path, PathBuf};

/// Longest text that is read; /proc/stat of a machine with 10,000 interrupts has 100 KiB.
const TEXT_BYTES_MAX: usize = 8 << 20;

/// Keys a collector remembers between rounds; devices come and go, names do not.
const REMEMBERED_MAX: usize = 4096;

/// A part of the host collector.
pub(super) trait Collector: Send {
    /// Adds this round's samples; on failure the samples added so far stay.
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error>;
}

/// One collection under way.
pub(super) struct Round<'a> {
    /// Instant of the collection.
    pub(super) now: Timestamp,
    /// The machine.
    pub(super) host: &'a dyn Host,
    /// Where its files are.
    pub(super) roots: &'a Roots,
    /// Space for one text at a time.
    pub(super) buffer: &'a mut Vec<u8>,
    /// Where samples go.
    pub(super) out: &'a mut Families,
}

/// A collector that remembers nothing between rounds.
pub(super) struct Plain(pub(super) fn(&mut Round<'_>) -> Result<(), Error>);

impl Collector for Plain {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        (self.0)(round)
    }
}

impl Round<'_> {
    /// Names in a directory, sorted; a missing directory is "no data".
    pub(super) fn names(&self, dir: &Path) -> Result<Vec<String>, Error> {
        self.host.list(dir).map_err(|error| Error::read(dir, error))
    }

    /// Names in a directory that need not be there, sorted.
    pub(super) fn names_if_any(&self, dir: &Path) -> Result<Vec<String>, Error> {
        match self.names(dir) {
            Err(error) if error.kind() == ErrorKind::NoData => Ok(Vec::new()),
            names => names,
        }
    }

    /// The trimmed text of a small file, if it can be read.
    pub(super) fn word(&mut self, path: &Path) -> Option<String> {
        attribute(self.host, path, self.buffer).map(text::label)
    }

    /// The number of a small file, if there is one.
    pub(super) fn float(&mut self, path: &Path) -> Option<f64> {
        let content = attribute(self.host, path, self.buffer)?;
        text::float(content, 1).ok()
    }

    /// Reads and parses a file; errors name it.
    pub(super) fn parsed<T>(
        &mut self,
        path: &Path,
        parse: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let content = read_once(self.host, path, self.buffer)?;
        parse(content).map_err(|error| error.at(path))
    }

    /// Adds a sample of a gauge.
    pub(super) fn gauge(&mut self, name: &str, help: &str, labels: &Labels, value: f64) {
        let family = self.out.gauge(name, help);
        self.out.push(family, labels, value);
    }

    /// Adds a sample of a counter.
    pub(super) fn counter(&mut self, name: &str, help: &str, labels: &Labels, value: f64) {
        let family = self.out.counter(name, help);
        self.out.push(family, labels, value);
    }

    /// Adds a sample of a metric that upstream leaves untyped.
    pub(super) fn untyped(&mut self, name: &str, help: &str, labels: &Labels, value: f64) {
        let family = self.out.declare(name, MetricKind::Unknown, help);
        self.out.push(family, labels, value);
    }
}

/// A file that stays open between rounds: one pread instead of open, read and close.
pub(super) struct Source {
    path: PathBuf,
    file: Option<Box<dyn HostFile>>,
}

impl Source {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// Reads the file's present text; a handle that went bad is opened again once.
    pub(super) fn read<'b>(
        &mut self,
        host: &dyn Host,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], Error> {
        if let Some(file) = &self.file {
            match fill(&**file, buffer) {
                Ok(length) if length > 0 => return Ok(&buffer[..length]),
                Ok(_) | Err(_) => self.file = None,
            }
        }
        let file = host.open(&self.path).map_err(|error| Error::read(&self.path, error))?;
        let length = fill(&*file, buffer).map_err(|error| Error::read(&self.path, error))?;
        self.file = Some(file);
        Ok(&buffer[..length])
    }

    /// Reads and parses; errors name the file.
    pub(super) fn parse<'b, T>(
        &mut self,
        host: &dyn Host,
        buffer: &'b mut Vec<u8>,
        parse: impl FnOnce(&'b [u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let text = self.read(host, buffer)?;
        parse(text).map_err(|error| error.at(&self.path))
    }
}

/// Reads a file once, without keeping it open.
pub(super) fn read_once<'b>(
    host: &dyn Host,
    path: &Path,
    buffer: &'b mut Vec<u8>,
) -> Result<&'b [u8], Error> {
    let mut read = || fill(&*host.open(path)?, buffer);
    let length = read().map_err(|error| Error::read(path, error))?;
    Ok(&buffer[..length])
}

/// The trimmed text of a small file, or nothing when it cannot be read.
pub(super) fn attribute<'b>(
    host: &dyn Host,
    path: &Path,
    buffer: &'b mut Vec<u8>,
) -> Option<&'b [u8]> {
    read_once(host, path, buffer).ok().map(<[u8]>::trim_ascii)
}

fn fill(file: &dyn HostFile, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        if buffer.len() == length {
            if length >= TEXT_BYTES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            buffer.resize((length * 2).max(16 << 10), 0);
        }
        match file.read_at(&mut buffer[length..], length as u64) {
            Ok(0) => return Ok(length),
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What was made of a key earlier. Kernels list the same keys in the same order each second, so
/// the next key is nearly always the one after the last.
#[derive(Debug, Default)]
pub(super) struct Remembered<T> {
    entries: Vec<(Box<[u8]>, T)>,
    next: usize,
}

impl<T: Clone> Remembered<T> {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), next: 0 }
    }

    /// Expects the first key again.
    pub(super) fn rewind(&mut self) {
        self.next = 0;
        if self.entries.len() > REMEMBERED_MAX {
            self.entries.clear();
        }
    }

    /// Forgets everything, so that it is made anew.
    pub(super) fn forget(&mut self) {
        self.entries.clear();
        self.next = 0;
    }

    /// What was made of the key, now or earlier.
    pub(super) fn get(&mut self, key: &[u8], make: impl FnOnce() -> T) -> T {
        let expected = self.entries.get(self.next).is_some_and(|(known, _)| **known == *key);
        let found = if expected {
            Some(self.next)
        } else {
            self.entries.iter().position(|(known, _)| **known == *key)
        };
        let index = found.unwrap_or_else(|| {
            self.entries.push((key.into(), make()));
            self.entries.len() - 1
        });
        self.next = index + 1;
        self.entries[index].1.clone()
    }
}

#[cfg(test)]
mod tests;

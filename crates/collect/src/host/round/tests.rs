//! What a round remembers of the one before is bounded and right in any order; reads that are
//! interrupted or come to nothing are done again.

use super::*;
use crate::{FilesystemSpace, SystemName};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many keys were made anew.
fn made(remembered: &mut Remembered<usize>, keys: impl IntoIterator<Item = usize>) -> usize {
    remembered.rewind();
    let mut count = 0;
    for key in keys {
        let found = remembered.get(&key.to_be_bytes(), || {
            count += 1;
            key
        });
        assert_eq!(found, key, "never the value of another key");
    }
    count
}

#[test]
fn keys_are_made_once_whatever_their_order() {
    let mut remembered = Remembered::new();
    assert_eq!(made(&mut remembered, [1, 2, 3]), 3);
    assert_eq!(made(&mut remembered, [1, 2, 3]), 0);
    assert_eq!(made(&mut remembered, [3, 1, 2, 1]), 0);
    assert_eq!(made(&mut remembered, [2, 4]), 1);
    remembered.forget();
    assert_eq!(made(&mut remembered, [1, 2, 3, 4]), 4);
}

#[test]
fn keys_that_change_all_the_time_are_forgotten() {
    let mut remembered = Remembered::new();
    made(&mut remembered, 0..REMEMBERED_MAX);
    assert_eq!(made(&mut remembered, [0]), 0, "as many as allowed");
    made(&mut remembered, REMEMBERED_MAX..=REMEMBERED_MAX);
    assert_eq!(made(&mut remembered, [0]), 1, "one too many");
    assert_eq!(remembered.entries.len(), 1);
}

/// A host with one file. Its first handle is interrupted once, gives its text once and is empty
/// from then on, as files of `/proc` are after their process has gone.
#[derive(Default)]
struct Fading {
    opened: AtomicUsize,
}

struct FadingFile {
    is_first: bool,
    reads: AtomicUsize,
}

impl HostFile for FadingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.reads.fetch_add(1, Ordering::Relaxed);
        match (self.is_first, read, offset) {
            (true, 0, _) => Err(io::ErrorKind::Interrupted.into()),
            (true, 1, _) | (false, _, 0) => {
                buffer[..4].copy_from_slice(b"text");
                Ok(4)
            }
            _ => Ok(0),
        }
    }
}

impl Host for Fading {
    fn open(&self, _: &Path) -> io::Result<Box<dyn HostFile>> {
        let is_first = self.opened.fetch_add(1, Ordering::Relaxed) == 0;
        Ok(Box::new(FadingFile { is_first, reads: AtomicUsize::new(0) }))
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn filesystem_space(&self, _: &Path) -> io::Result<FilesystemSpace> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn system_name(&self) -> SystemName {
        SystemName::default()
    }

    fn time_zone(&self, _: Timestamp) -> (String, i32) {
        ("UTC".into(), 0)
    }

    fn page_bytes(&self) -> u64 {
        4096
    }
}

#[test]
fn an_interrupted_read_goes_on_and_a_handle_that_fell_silent_is_opened_again() {
    let host = Fading::default();
    let mut source = Source::new("/proc/file".into());
    let mut buffer = Vec::new();
    for (round, opened) in [(1, 1), (2, 2), (3, 2)] {
        assert_eq!(source.read(&host, &mut buffer).unwrap(), b"text", "round {round}");
        assert_eq!(host.opened.load(Ordering::Relaxed), opened, "round {round}");
    }
}

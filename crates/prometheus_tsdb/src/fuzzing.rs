//! Properties that hold for any bytes of files of Prometheus; called by the fuzz targets and by the
//! tests that replay their corpora.

use crate::histogram::is_sound;
use crate::{Error, Wal, chunk, index};
use model::{Value, is_stale};
use std::path::Path;
use sys::Vfs;
use sys::sim::SimVfs;

/// Any bytes as a chunk of any encoding: no panic, a whole one has as many samples as it says, and
/// its histograms can be stored.
///
/// # Panics
/// When a property does not hold.
pub fn check_chunk(data: &[u8]) {
    for encoding in 1..=3 {
        let mut count = 0_usize;
        let whole = chunk::read(encoding, data, |_, value| {
            count += 1;
            if let Value::Histogram(histogram) = value {
                assert!(is_stale(histogram.sum) || is_sound(&histogram));
            }
        });
        if whole.is_some() {
            assert_eq!(count, usize::from(u16::from_be_bytes([data[0], data[1]])));
        }
    }
}

/// Any bytes as the index of a block: no panic, damage has a place in the file.
///
/// # Panics
/// When a property does not hold.
pub fn check_index(data: &[u8]) {
    let (vfs, path) = file(data, "/index");
    let told = |error: &Error| match error {
        Error::Damaged { offset, .. } => assert!(*offset <= data.len() as u64, "{error}"),
        Error::Io { .. } => {}
    };
    let index = match index::Index::open(&vfs, path) {
        Ok(index) => index,
        Err(error) => return told(&error),
    };
    let (mut series, mut chunks) = (Vec::new(), Vec::new());
    if let Err(error) = index.for_each(|reference, _| series.push(reference)) {
        told(&error);
    }
    let mut window = index::Window::default();
    for reference in series {
        if let Err(error) = index.chunks(reference, &mut window, &mut chunks) {
            told(&error);
        }
    }
}

/// Any bytes as a file of the log: no panic, its samples are those that were counted.
///
/// # Panics
/// When a property does not hold.
pub fn check_wal(data: &[u8]) {
    let (vfs, _) = file(data, "/wal/00000000");
    let Ok(wal) = Wal::open(&vfs, Path::new("/"), i64::MIN) else { return };
    for span in wal.spans(1000) {
        assert!(span.0 <= span.1);
        let Ok(samples) = wal.read(&vfs, span) else { panic!("what was read once is there") };
        for buffer in samples {
            assert!(buffer.timestamps.is_sorted_by(|a, b| a < b));
            assert!(buffer.timestamps.iter().all(|at| (span.0..=span.1).contains(at)));
        }
    }
}

fn file<'p>(data: &[u8], path: &'p str) -> (SimVfs, &'p Path) {
    let (vfs, path) = (SimVfs::new(1), Path::new(path));
    let made = vfs.create_dir_all(path.parent().unwrap_or(path)).and_then(|()| vfs.create(path));
    let written = made.and_then(|file| file.write_all_at(data, 0));
    assert!(written.is_ok(), "a simulated disk takes every file");
    (vfs, path)
}

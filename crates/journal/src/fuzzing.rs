//! What the fuzz target feeds, also replayed by the ordinary suite: any bytes as a segment file.

use crate::frame::FRAME_HEADER_LEN;
use crate::{Journal, JournalOptions, Replayed};
use std::path::Path;
use std::sync::Arc;
use sys::Vfs as _;
use sys::sim::SimVfs;

/// Opens a journal whose only segment holds these bytes; small limits, so that they are met.
///
/// # Panics
/// When more is served than was there.
pub fn check(data: &[u8]) {
    let dir = Path::new("/journal");
    let vfs = SimVfs::new(1);
    vfs.create_dir_durable(dir).expect("an empty disk takes a folder");
    let file = vfs.create(&dir.join("00000001.journal")).expect("an empty folder takes a file");
    file.write_all_at(data, 0).expect("the disk has no end");
    let options = JournalOptions {
        segment_bytes_max: 400,
        record_bytes_max: 2000,
        ..JournalOptions::default()
    };
    let mut served = 0;
    let mut replay = |_, record: &[u8]| {
        served += FRAME_HEADER_LEN + record.len();
        Ok(Replayed::Taken)
    };
    drop(Journal::open(Arc::new(vfs), dir, options, &mut replay));
    assert!(served <= data.len(), "served {served} bytes of {}", data.len());
}

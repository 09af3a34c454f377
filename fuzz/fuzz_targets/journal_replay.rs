#![no_main]
//! Any bytes as a segment file: the replay serves what is valid and never panics.

use std::path::Path;
use std::sync::Arc;
use sys::sim::SimVfs;
use sys::{File, Vfs};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let vfs = SimVfs::new(1);
    vfs.create_dir_durable(Path::new("/j")).expect("an empty disk");
    let file = vfs.create(Path::new("/j/00000001.journal")).expect("a new name");
    file.write_all_at(data, 0).expect("an endless disk");
    let mut served = 0;
    let mut replay = |_, record: &[u8]| {
        served += record.len() + 16;
        Ok(journal::Replayed::Taken)
    };
    let options = journal::JournalOptions::default();
    drop(journal::Journal::open(Arc::new(vfs), Path::new("/j"), options, &mut replay));
    assert!(served <= data.len());
});

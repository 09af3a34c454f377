//! Files of Prometheus: the fuzz corpora and mutants of them, and what they hold.

use prometheus_tsdb::{Wal, fuzzing};
use std::path::Path;
use sys::Vfs;
use sys::sim::SimVfs;
use testkit::fuzz::{Replay, corpus};

#[test]
fn chunks() {
    Replay::of("prometheus_chunk").pieces(&[b"\xff\xff", b"\x00"]).run(fuzzing::check_chunk);
}

#[test]
fn indexes() {
    const PIECES: &[&[u8]] = &[b"\xba\xaa\xd7\x00", b"\xff\xff\xff\xff", b"\x80", b"\x00"];
    Replay::of("prometheus_index").pieces(PIECES).run(fuzzing::check_index);
}

#[test]
fn logs() {
    const PIECES: &[&[u8]] = &[b"\x09", b"\x01", b"\x00\x10", b"\xff\xff"];
    Replay::of("prometheus_wal").pieces(PIECES).run(fuzzing::check_wal);
}

/// The log of a Prometheus 2.42 that scraped one target once a second, six series and its own.
#[test]
fn a_log_is_read_as_far_as_it_is_whole() {
    let seeds = corpus("prometheus_wal");
    let log = &seeds.iter().find(|seed| seed.name == "scrapes").unwrap().bytes;
    let read = |bytes: &[u8]| {
        let vfs = SimVfs::new(1);
        vfs.create_dir_all(Path::new("/wal")).unwrap();
        vfs.create(Path::new("/wal/00000000")).unwrap().write_all_at(bytes, 0).unwrap();
        let wal = Wal::open(&vfs, Path::new("/"), i64::MIN).unwrap();
        let samples: usize = wal
            .spans(u64::MAX)
            .into_iter()
            .flat_map(|span| wal.read(&vfs, span).unwrap())
            .map(|buffer| buffer.len())
            .sum();
        let names: Vec<String> = wal.labels().iter().map(ToString::to_string).collect();
        (names, samples, wal.end().map(ToString::to_string))
    };
    let (names, samples, end) = read(log);
    assert!(names.iter().any(|name| name.contains(r#"__name__="a", b="c""#)), "{names:?}");
    assert_eq!((names.len(), samples % names.len(), end), (6, 0, None));
    let (_, fewer, end) = read(&log[..400]);
    assert!(fewer < samples && end.unwrap().contains("/wal/00000000 at byte "));
    let mut damaged = log.clone();
    damaged[300] ^= 1;
    let (_, fewer, end) = read(&damaged);
    assert!(fewer < samples && end.unwrap().contains("the checksum of a record does not fit"));
}

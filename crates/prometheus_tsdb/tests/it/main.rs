//! Files of Prometheus: the fuzz corpora and mutants of them, and what they hold.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use model::SampleBuf;
use prometheus_tsdb::{Block, Blocks, Wal, blocks, fuzzing};
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

/// A file of the log with these records, each in one piece.
fn log(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.push(1);
        bytes.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
        bytes.extend(crc32c::crc32c(record).to_be_bytes());
        bytes.extend(record);
    }
    bytes
}

fn varint(value: i64) -> Vec<u8> {
    let mut left = (value << 1 ^ value >> 63).cast_unsigned();
    let mut bytes = Vec::new();
    while left >= 0x80 {
        bytes.push(u8::try_from(left & 0x7f | 0x80).unwrap());
        left >>= 7;
    }
    bytes.push(u8::try_from(left).unwrap());
    bytes
}

/// Two references of one label set with samples at 100, 100 again and 160,000 ms.
fn records() -> Vec<Vec<u8>> {
    let series =
        |reference: u8| [&[0, 0, 0, 0, 0, 0, 0, reference][..], b"\x01\x01a\x01b"].concat();
    let sample = |reference: i64, at: i64, value: f64| {
        [varint(reference), varint(at), value.to_bits().to_be_bytes().to_vec()].concat()
    };
    let samples = [sample(1, 100, 1.0), sample(2, 100, 2.0), sample(1, 160_000, 3.0)].concat();
    vec![[&[1][..], &series(1), &series(2)].concat(), [&[2][..], &[0; 16], &samples].concat()]
}

/// Samples from an instant on, and where the log ends too early.
fn read_log(bytes: &[u8], since: i64) -> (Vec<(i64, f64)>, Option<String>) {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/wal")).unwrap();
    vfs.create(Path::new("/wal/00000000")).unwrap().write_all_at(bytes, 0).unwrap();
    let wal = Wal::open(&vfs, Path::new("/"), since).unwrap();
    let mut found = Vec::new();
    for span in wal.spans(1) {
        for samples in wal.read(&vfs, span).unwrap() {
            found.extend(samples.timestamps.iter().copied().zip(samples.values));
        }
    }
    (found, wal.end().map(ToString::to_string))
}

#[test]
fn a_log_gives_each_instant_once_and_only_what_no_block_has() {
    let bytes = log(&records());
    assert_eq!(read_log(&bytes, i64::MIN), (vec![(100, 1.0), (160_000, 3.0)], None));
    assert_eq!(read_log(&bytes, 101), (vec![(160_000, 3.0)], None));
}

#[test]
fn what_a_log_says_is_deleted_is_not_given() {
    let gone = [&[3, 0, 0, 0, 0, 0, 0, 0, 2][..], &varint(0), &varint(100)].concat();
    let bytes = log(&[records(), vec![gone]].concat());
    assert_eq!(read_log(&bytes, i64::MIN), (vec![(160_000, 3.0)], None));
}

#[test]
fn bytes_behind_the_last_record_of_a_page_are_damage() {
    let mut bytes = log(&records());
    bytes.extend([0; 20]);
    assert_eq!(read_log(&bytes, i64::MIN).1, None);
    bytes.extend([0, 7]);
    let (found, end) = read_log(&bytes, i64::MIN);
    assert_eq!(found.len(), 2);
    assert!(end.unwrap().ends_with("the rest of a page is not empty"));
}

/// The block of `prometheus_index` with the chunks of `prometheus_chunk`; what is read of it.
fn read_block(index: &[u8], chunks: &[u8], tombstones: &[u8]) -> Result<Vec<Vec<i64>>, String> {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/b/chunks")).unwrap();
    let files = [("index", index), ("chunks/000001", chunks), ("tombstones", tombstones)];
    for (name, bytes) in files {
        vfs.create(&Path::new("/b").join(name)).unwrap().write_all_at(bytes, 0).unwrap();
    }
    let block = Block::open(&vfs, Path::new("/b")).map_err(|error| error.to_string())?;
    let mut reader = block.reader();
    let mut all = Vec::new();
    for series in block.series().map_err(|error| error.to_string())? {
        let mut samples = SampleBuf::default();
        let read = reader.read(&series, (i64::MIN, i64::MAX), &mut samples);
        assert_eq!(read.map_err(|error| error.to_string())?, 0);
        all.push(samples.timestamps.iter().map(|at| at - 1_700_000_000_000).collect());
    }
    Ok(all)
}

#[test]
fn a_block_is_read_without_what_was_deleted_and_damage_is_named() {
    let index = corpus("prometheus_index").into_iter().find(|s| s.name == "two-series").unwrap();
    let mut chunks = vec![0x85, 0xbd, 0x40, 0xdd, 1, 0, 0, 0];
    let seeds = corpus("prometheus_chunk");
    for name in ["3-samples", "1-samples"] {
        let chunk = &seeds.iter().find(|seed| seed.name == name).unwrap().bytes;
        let checked = [&[1], &chunk[..]].concat();
        chunks.push(u8::try_from(chunk.len()).unwrap());
        chunks.extend(&checked);
        chunks.extend(crc32c::crc32c(&checked).to_be_bytes());
    }
    let tombstones = |entries: &[u8]| {
        let head = [0x01, 0x30, 0xba, 0x30, 1];
        [&head[..], entries, &crc32c::crc32c(entries).to_be_bytes()].concat()
    };
    let none = tombstones(&[]);
    let whole = vec![vec![0, 15_000, 30_000], vec![0]];
    assert_eq!(read_block(&index.bytes, &chunks, &none), Ok(whole));
    let at = varint(1_700_000_015_000);
    let entries: Vec<u8> =
        (0..64).flat_map(|series| [&[series], &at[..], &at[..]].concat()).collect();
    let fewer = vec![vec![0, 30_000], vec![0]];
    assert_eq!(read_block(&index.bytes, &chunks, &tombstones(&entries)), Ok(fewer));
    let mut damaged = chunks.clone();
    damaged[20] ^= 1;
    let error = read_block(&index.bytes, &damaged, &none).unwrap_err();
    assert_eq!(error, "/b/chunks/000001 at byte 8: the checksum of a chunk does not fit");
    let mut damaged = index.bytes;
    damaged[12] ^= 1;
    let error = read_block(&damaged, &chunks, &none).unwrap_err();
    assert!(error.starts_with("/b/index at byte ") && error.ends_with("does not fit"), "{error}");
}

#[test]
fn a_description_that_cannot_be_used_costs_its_block_only() {
    let vfs = SimVfs::new(1);
    let put = |number: usize, meta: &str| {
        let folder = Path::new("/data").join(format!("01ARZ3NDEKTSV4RRFFQ69G5F{number:02}"));
        vfs.create_dir_all(&folder).unwrap();
        let file = vfs.create(&folder.join("meta.json")).unwrap();
        file.write_all_at(meta.as_bytes(), 0).unwrap();
    };
    let meta = |ulid: &str, first: i64, end: i64, version: u32| {
        format!(r#"{{"ulid":"{ulid}","minTime":{first},"maxTime":{end},"version":{version}}}"#)
    };
    let century = 100 * 366 * 24 * 3_600_000;
    let ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    put(0, &meta(ulid, 7, 7 + century, 1));
    put(1, &meta(ulid, 5, 5, 1));
    let cases = [
        ("{".to_owned(), "EOF while parsing"),
        (meta(ulid, 5, 6, 2), "version 2, 1 expected"),
        (meta(ulid, 6, 5, 1), "minTime 6 and maxTime 5, up to 100 years expected"),
        (meta(ulid, 5, 6 + century, 1), "up to 100 years expected"),
        (meta(ulid, i64::MIN, i64::MAX, 1), "up to 100 years expected"),
        (meta("a\\nb", 5, 6, 1), r#"ulid "a\nb", the name of a block expected"#),
    ];
    for (number, (text, _)) in cases.iter().enumerate() {
        put(10 + number, text);
    }
    vfs.create_dir_all(Path::new("/data/01ARZ3NDEKTSV4RRFFQ69G5F99")).unwrap();
    let Blocks { found, damaged } = blocks(&vfs, Path::new("/data")).unwrap();
    assert_eq!(found.iter().map(|(_, meta)| meta.min_time).collect::<Vec<_>>(), [5, 7]);
    let damaged: Vec<String> = damaged.iter().map(ToString::to_string).collect();
    assert_eq!(damaged.len(), cases.len(), "{damaged:?}");
    for (found, (_, expected)) in damaged.iter().zip(&cases) {
        assert!(found.contains("/meta.json at byte 0: ") && found.contains(expected), "{found}");
    }
}

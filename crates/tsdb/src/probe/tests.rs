//! The fuzzers' corpus and thousands of changes of it, without a fuzzer. With
//! `FLYBALL_WRITE_CORPUS=1` the seeds are written anew.

use super::*;
use crate::encoding::tests::random_histogram;
use crate::record::RecordParts;
use crate::samples::ColumnRef;
use crate::segment::SegmentWriter;
use model::{GroupKey, Labels, Row, SeriesRef, Timestamp, Value};
use std::path::PathBuf;
use sys::Vfs;
use sys::sim::{SimRng, SimVfs};

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// Inputs of a target: the files in its corpus.
fn inputs(target: &str, seeds: &[(&str, Vec<u8>)]) -> Vec<Vec<u8>> {
    let dir = corpus(target);
    if std::env::var_os("FLYBALL_WRITE_CORPUS").is_some() {
        std::fs::create_dir_all(&dir).unwrap();
        for (name, bytes) in seeds {
            std::fs::write(dir.join(name), bytes).unwrap();
        }
    }
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= seeds.len(), "the corpus of {target} is complete");
    files.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn mutate(random: &mut SimRng, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = usize::try_from(random.below(bytes.len().max(1) as u64)).unwrap();
        match random.below(5) {
            _ if bytes.is_empty() => bytes.push(7),
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = (random.next_u64() & 0xff) as u8,
            2 => bytes.truncate(at),
            3 => bytes.insert(at, (random.next_u64() & 0xff) as u8),
            _ => bytes[at] = 0xff,
        }
    }
}

fn replay(target: &str, seeds: &[(&str, Vec<u8>)], rounds: u64, probe: fn(&[u8]) -> bool) {
    let inputs = inputs(target, seeds);
    let accepted = inputs.iter().filter(|bytes| probe(bytes)).count();
    assert!(accepted >= seeds.len(), "{target}: {accepted} of {} seeds accepted", seeds.len());
    let mut random = SimRng::new(31);
    for _ in 0..rounds {
        let pick = usize::try_from(random.below(inputs.len() as u64)).unwrap();
        let mut bytes = inputs[pick].clone();
        mutate(&mut random, &mut bytes);
        probe(&bytes);
    }
}

fn block_seed(column: ColumnRef<'_>, starts: &[i64]) -> Vec<u8> {
    let count = column.len();
    let timestamps: Vec<i64> = (0..).map(|t| t * 1000).take(count).collect();
    let mut bytes = u16::try_from(count).unwrap().to_le_bytes().to_vec();
    block::encode(&timestamps, column, starts, &mut bytes);
    bytes
}

#[test]
fn blocks() {
    let mut random = SimRng::new(41);
    let cents: Vec<f64> = (0..60).map(|i| f64::from(i * i) / 100.0).collect();
    let noise: Vec<f64> = (0..40).map(|_| f64::from_bits(random.next_u64())).collect();
    let histograms: Vec<_> =
        (0..9).map(|_| Arc::new(random_histogram(&mut random, false))).collect();
    let starts: Vec<i64> = (0..60).map(|i| i / 20 * 500).collect();
    let seeds = [
        ("constant", block_seed(ColumnRef::Floats(&[1.5; 30]), &[])),
        ("decimal", block_seed(ColumnRef::Floats(&cents), &starts)),
        ("noise", block_seed(ColumnRef::Floats(&noise), &[])),
        ("histograms", block_seed(ColumnRef::Histograms(&histograms), &[])),
    ];
    replay("tsdb_block", &seeds, 20_000, block);
}

#[test]
fn segments() {
    let vfs = SimVfs::new(1);
    let path = Path::new("/seed.seg");
    let mut writer = SegmentWriter::create(&vfs, path).unwrap();
    for n in 0..6 {
        let labels = Labels::from_pairs([("__name__", "m"), ("n", &n.to_string())]);
        let mut samples = SampleBuf::default();
        (0..40).for_each(|t| samples.push(t * 1000 + n % 2, (t * n) as f64));
        writer.add_series(&labels, &samples).unwrap();
    }
    writer.finish().unwrap();
    let seeds = [("whole", vfs.read(path, 1 << 20).unwrap())];
    replay("tsdb_segment", &seeds, 20_000, segment);
}

#[test]
fn records() {
    let mut random = SimRng::new(42);
    let values = [
        Value::Float(7.0),
        Value::Float(0.25),
        Value::Float(1.0 / 3.0),
        Value::Histogram(Arc::new(random_histogram(&mut random, false))),
    ];
    let rows: Vec<Row> = (0..)
        .zip(values)
        .map(|(n, value)| Row {
            series: SeriesRef(n + 5),
            timestamp: Timestamp::from_ms(1_700_000_000_000),
            value,
            start: Some(Timestamp::from_ms(1_600_000_000_000)),
        })
        .collect();
    let labels = Labels::from_pairs([("__name__", "m"), ("job", "node")]);
    let parts = RecordParts {
        group: GroupKey(3),
        births: vec![(SeriesRef(5), GroupKey(3), labels)],
        rows: rows.iter().collect(),
        exemplars: vec![],
        metadata: vec![],
    };
    let mut bytes = Vec::new();
    parts.encode(&mut bytes);
    replay("tsdb_record", &[("scrape", bytes)], 20_000, record);
}

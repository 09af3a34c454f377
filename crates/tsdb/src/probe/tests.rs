//! The corpora of the fuzzers and mutants of them. With `FLYBALL_WRITE_CORPUS=1` the seeds are
//! written anew.

use super::*;
use crate::encoding::Effort;
use crate::encoding::floats::Place;
use crate::encoding::tests::random_histogram;
use crate::record::RecordParts;
use crate::samples::ColumnRef;
use crate::segment::SegmentWriter;
use model::{GroupKey, Labels, Row, SeriesRef, Timestamp, Value};
use sys::Vfs;
use sys::sim::{SimRng, SimVfs};
use testkit::fuzz::{Replay, corpus, corpus_dir};

/// Replays a target; its corpus holds at least the given seeds, which are all accepted.
fn replay(target: &'static str, seeds: &[(&str, Vec<u8>)], probe: fn(&[u8]) -> bool) {
    if std::env::var_os("FLYBALL_WRITE_CORPUS").is_some() {
        std::fs::create_dir_all(corpus_dir(target)).unwrap();
        for (name, bytes) in seeds {
            std::fs::write(corpus_dir(target).join(name), bytes).unwrap();
        }
    }
    let inputs = corpus(target);
    for (name, _) in seeds {
        let seed = inputs.iter().find(|seed| seed.name == *name);
        assert!(seed.is_some_and(|seed| probe(&seed.bytes)), "{target}: seed {name} is accepted");
    }
    Replay::of(target).rounds(20_000).run(|input| {
        probe(input);
    });
}

fn block_seed(column: ColumnRef<'_>, starts: &[i64]) -> Vec<u8> {
    block_seed_of(column, starts, Effort::Quick)
}

fn block_seed_of(column: ColumnRef<'_>, starts: &[i64], effort: Effort) -> Vec<u8> {
    let count = column.len();
    let timestamps: Vec<i64> = (0..).map(|t| t * 1000).take(count).collect();
    let mut bytes = u16::try_from(count).unwrap().to_le_bytes().to_vec();
    block::encode(&timestamps, column, starts, effort, &mut bytes);
    bytes
}

/// Small differences to what the probe adds them to.
fn difference_seed(count: usize) -> Vec<u8> {
    let timestamps: Vec<i64> = (0..).map(|t| t * 1000).take(count).collect();
    let below = below(count);
    let values: Vec<f64> =
        (0..).zip(&below.values).map(|(row, below)| (below + row % 3) as f64).collect();
    let place = Place { page: 1, offset: 2, len: 3 };
    let mut bytes = u16::try_from(count).unwrap().to_le_bytes().to_vec();
    block::encode_above(&timestamps, &values, Some((&below, place)), &mut bytes);
    assert_eq!(block::below(&bytes[2..], count).unwrap(), Some(place));
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
    let steps: Vec<f64> = (0..90_i64)
        .scan(0, |sum, row| {
            *sum += random.below(4).cast_signed() * random.below(4).cast_signed();
            Some((row * 1000 + *sum) as f64)
        })
        .collect();
    let ratios: Vec<f64> = (0..90).map(|_| random.below(1 << 53) as f64 / 1e16).collect();
    let seeds = [
        ("coded", block_seed_of(ColumnRef::Floats(&steps), &[], Effort::Cold)),
        ("patterns", block_seed_of(ColumnRef::Floats(&ratios), &[], Effort::Cold)),
        ("differences", difference_seed(90)),
        ("constant", block_seed(ColumnRef::Floats(&[1.5; 30]), &[])),
        ("decimal", block_seed(ColumnRef::Floats(&cents), &starts)),
        ("noise", block_seed(ColumnRef::Floats(&noise), &[])),
        ("histograms", block_seed(ColumnRef::Histograms(&histograms), &[])),
    ];
    replay("tsdb_block", &seeds, block);
}

#[test]
fn segments() {
    let vfs = SimVfs::new(1);
    let path = Path::new("/seed.seg");
    let mut writer = SegmentWriter::create(&vfs, path, Effort::Cold).unwrap();
    for n in 0..6 {
        let labels = Labels::from_pairs([("__name__", "m"), ("n", &n.to_string())]);
        let mut samples = SampleBuf::default();
        (0..40).for_each(|t| samples.push(t * 1000 + n % 2, (t * n) as f64));
        writer.add_series(&labels, &samples).unwrap();
    }
    writer.finish().unwrap();
    let seeds = [("whole", vfs.read(path, 1 << 20).unwrap())];
    replay("tsdb_segment", &seeds, segment);
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
        late: vec![],
    };
    let (mut scrape, mut late) = (Vec::new(), Vec::new());
    parts.encode(&mut scrape);
    RecordParts { late: rows.iter().collect(), ..parts }.encode(&mut late);
    replay("tsdb_record", &[("scrape", scrape), ("late", late)], record);
}

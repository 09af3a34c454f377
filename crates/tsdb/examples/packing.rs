//! Measures the forms of data at rest on columns as the generator of the benchmark dumps them
//! (`gen.py PREFIX` writes `PREFIX.val` and `PREFIX.kind`, 960 samples a series): bytes and
//! nanoseconds a sample by kind of series.
//! Run with `cargo run -p tsdb --release --example packing -- PREFIX`.

#![expect(clippy::print_stdout, reason = "printing is what a bench example is for")]

use std::time::{Duration, Instant};
use tsdb::encoding::Effort;
use tsdb::encoding::bytes::Cursor;
use tsdb::encoding::floats::{self, Integers, Place};

const SAMPLES: usize = 960;
/// As the generator numbers them.
const KINDS: [&str; 9] =
    ["constant", "counter", "cents", "pages", "hundredths", "ratio", "gauge", "bucket", "sum"];
const BUCKET: usize = 7;
/// Buckets of a histogram; its sum and two columns equal to the last bucket follow.
const BUCKETS: usize = 11;

#[derive(Clone, Copy, Default)]
struct Total {
    samples: usize,
    bytes: usize,
    encode: Duration,
    decode: Duration,
}

struct Column {
    kind: usize,
    values: Vec<f64>,
    /// The next lower bucket.
    below: Option<usize>,
}

/// Series without those that equal another one.
fn columns(prefix: &str) -> std::io::Result<Vec<Column>> {
    let bytes = std::fs::read(format!("{prefix}.val"))?;
    let kinds = std::fs::read(format!("{prefix}.kind"))?;
    let (patterns, _) = bytes.as_chunks::<8>();
    let values: Vec<f64> = patterns.iter().map(|pattern| f64::from_le_bytes(*pattern)).collect();
    let mut columns: Vec<Column> = Vec::new();
    let mut bucket = 0;
    for (values, kind) in values.chunks(SAMPLES).zip(kinds) {
        let kind = usize::from(kind);
        bucket = if kind < BUCKET { 0 } else { bucket % (BUCKETS + 3) + 1 };
        if bucket <= BUCKETS + 1 {
            let below = (2..BUCKETS).contains(&bucket).then(|| columns.len() - 1);
            columns.push(Column { kind, values: values.to_vec(), below });
        }
    }
    Ok(columns)
}

fn decode(bytes: &[u8], count: usize, lower: Option<&Integers>, decoded: &mut Vec<f64>) {
    if floats::below(bytes, count).ok().flatten().is_none() {
        let outcome = floats::decode(&mut Cursor::new(bytes), count, decoded);
        assert!(outcome.is_ok(), "what was encoded decodes");
    } else if let Ok(integers) = floats::decode_integers(&mut Cursor::new(bytes), count, lower) {
        let outcome = floats::decode_quotients(bytes, &integers, 0..count, decoded);
        assert!(outcome.is_ok(), "what was encoded decodes");
    }
}

/// The time of the fastest of several rounds.
fn best_of(mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    (0..7).map(|_| time(&mut work)).min().unwrap_or_default()
}

fn measure(values: &[f64], effort: Effort, lower: Option<&Integers>, total: &mut Total) {
    let below = lower.map(|lower| (lower, Place { page: 300, offset: 9000, len: 200 }));
    let (mut bytes, mut decoded) = (Vec::new(), Vec::new());
    total.encode += best_of(|| {
        bytes.clear();
        floats::encode_above(values, effort, below, &mut bytes);
    });
    total.decode += best_of(|| {
        decoded.clear();
        decode(&bytes, values.len(), lower, &mut decoded);
    });
    total.samples += values.len();
    total.bytes += bytes.len();
    let same = decoded.iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits());
    assert!(same && decoded.len() == values.len(), "every bit comes back");
}

fn table(columns: &[Column], all: usize, block: usize, effort: Effort, differ: bool) {
    let mut totals = [Total::default(); KINDS.len()];
    for column in columns {
        for (at, values) in column.values.chunks(block).enumerate() {
            let below = column.below.filter(|_| differ);
            let lower = below.and_then(|below| {
                let values = columns[below].values.chunks(block).nth(at).unwrap_or_default();
                floats::encode_above(values, Effort::Quick, None, &mut Vec::new())
            });
            measure(values, effort, lower.as_ref(), &mut totals[column.kind]);
        }
    }
    println!("\n{block} samples a block, {effort:?}, differences: {differ}\n");
    println!("| kind | bytes/sample | of all | encode ns | decode ns |\n|---|---|---|---|---|");
    let mut sum = Total::default();
    for total in totals {
        sum.samples += total.samples;
        sum.bytes += total.bytes;
        sum.encode += total.encode;
        sum.decode += total.decode;
    }
    for (name, total) in KINDS.iter().chain(&["all"]).zip(totals.iter().chain(&[sum])) {
        let samples = total.samples as f64;
        println!(
            "| {name} | {:.3} | {:.4} | {:.1} | {:.1} |",
            total.bytes as f64 / samples,
            total.bytes as f64 / all as f64,
            total.encode.as_nanos() as f64 / samples,
            total.decode.as_nanos() as f64 / samples,
        );
    }
}

fn main() -> std::io::Result<()> {
    let Some(prefix) = std::env::args().nth(1) else {
        println!("packing PREFIX");
        return Ok(());
    };
    let all = std::fs::metadata(format!("{prefix}.val"))?.len() / 8;
    let all = usize::try_from(all).unwrap_or(usize::MAX);
    let columns = columns(&prefix)?;
    for block in [480, SAMPLES] {
        table(&columns, all, block, Effort::Quick, false);
        table(&columns, all, block, Effort::Cold, false);
        table(&columns, all, block, Effort::Cold, true);
    }
    Ok(())
}

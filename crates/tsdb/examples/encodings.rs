//! Measures the encodings: bytes and nanoseconds a sample for the shapes that exporters produce.
//! Run with `cargo run -p tsdb --release --example encodings`; the table goes to
//! docs/formats/block.md.

#![expect(clippy::print_stdout, reason = "printing is what a bench example is for")]

use std::time::{Duration, Instant};
use tsdb::encoding::bytes::Cursor;
use tsdb::encoding::{Effort, floats, ints};

const SAMPLES: usize = 480 * 400;

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0) * u128::from(bound)) >> 64).try_into().unwrap_or(0)
    }
}

fn column(name: &str) -> Vec<f64> {
    let mut chance = Chance(7);
    let mut walk = 1_000_000_u64;
    let mut next = |index: usize| match name {
        "constant" => 4096.0,
        "idle counter" => (index / 97) as f64,
        "counter, steps below 1000" => {
            walk += chance.below(1000);
            walk as f64
        }
        "cents counter" => {
            walk += chance.below(300);
            walk as f64 / 100.0
        }
        "cpu seconds (ns / 1e9)" => {
            walk += 14_990_000_000 + chance.below(20_000_000);
            walk as f64 / 1e9
        }
        "page gauge (x 4096)" => (4096 * (50_000 + chance.below(2000))) as f64,
        "full-precision ratio" => chance.below(1 << 53) as f64 / (1_u64 << 53) as f64,
        _ => f64::from_bits(chance.below(u64::MAX)),
    };
    (0..SAMPLES).map(&mut next).collect()
}

fn best_of(rounds: usize, mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..rounds).map(|_| time(&mut work)).min().unwrap_or_default()
}

fn measure(values: &[f64], block: usize, effort: Effort) -> (f64, f64, f64) {
    let mut bytes = Vec::new();
    let encode = best_of(5, || {
        bytes.clear();
        values.chunks(block).for_each(|chunk| floats::encode(chunk, effort, &mut bytes));
    });
    let mut decoded = Vec::with_capacity(block);
    let decode = best_of(5, || {
        let mut cursor = Cursor::new(&bytes);
        for chunk in values.chunks(block) {
            decoded.clear();
            let outcome = floats::decode(&mut cursor, chunk.len(), &mut decoded);
            assert!(outcome.is_ok() && decoded.len() == chunk.len(), "what was encoded decodes");
        }
    });
    let per_sample = |time: Duration| time.as_nanos() as f64 / values.len() as f64;
    (bytes.len() as f64 / values.len() as f64, per_sample(encode), per_sample(decode))
}

fn main() {
    println!("| column | block | bytes/sample | encode ns | decode ns |\n|---|---|---|---|---|");
    for name in [
        "constant",
        "idle counter",
        "counter, steps below 1000",
        "cents counter",
        "cpu seconds (ns / 1e9)",
        "page gauge (x 4096)",
        "full-precision ratio",
        "random patterns",
    ] {
        let values = column(name);
        let forms = [(120, Effort::Quick), (480, Effort::Quick), (480, Effort::Cold)];
        for (block, effort) in forms {
            let (bytes, encode, decode) = measure(&values, block, effort);
            let form = if effort == Effort::Cold { "480, cold" } else { &block.to_string() };
            println!("| {name} | {form} | {bytes:.3} | {encode:.1} | {decode:.1} |");
        }
    }
    let grid: Vec<i64> =
        (0_i64..960).map(|i| i * 15_000 + i64::from(i % 20 == 0) * (i % 9)).collect();
    let mut bytes = Vec::new();
    ints::encode(&grid, Effort::Quick, &mut bytes);
    println!("| timestamps, 5 % late | 960 | {:.3} | | |", bytes.len() as f64 / 960.0);
}

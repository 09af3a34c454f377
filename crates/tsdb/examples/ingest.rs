//! Measures the walk of a sample on a real disk: resolve, commit, replay, flush, compact, select.
//! Run with `cargo run -p tsdb --release --example ingest [series] [rows]`; writes to the temporary
//! directory and removes it.

#![expect(clippy::print_stdout, reason = "printing is what a bench example is for")]

use model::{
    Appender, Batch, GroupKey, Labels, MatchOp, Matcher, Querier, SampleBuf, SelectHints, Timestamp,
};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use sys::{Clock, OsVfs, SystemClock};
use tsdb::{Db, DbOptions};

const PER_TARGET: usize = 500;

fn labels(n: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", format!("some_metric_{:03}_total", n % PER_TARGET)),
        ("instance", format!("10.0.0.{}:9100", n / PER_TARGET)),
        ("job", "node".to_owned()),
        ("cluster", "production".to_owned()),
        ("path", format!("/api/v{}", n % 7)),
    ])
}

/// Mostly idle counters, busy counters, cents, a few odd floats.
fn value(series: usize, row: usize) -> f64 {
    let noise = (series * 7919 + row * 104_729) % 1000;
    match series % 10 {
        0..4 => (row / 50) as f64,
        4..8 => (row * 300 + noise) as f64,
        8 => (row * 150 + noise) as f64 / 100.0,
        _ => (noise as f64 + 0.5) / 3.0,
    }
}

/// Anonymous memory of this process now.
fn memory(what: &str) -> Result<(), Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap_or_default();
    println!("{what}: {line}");
    Ok(())
}

fn report(what: &str, start: Instant, count: usize) {
    let elapsed = start.elapsed();
    let each = elapsed.as_nanos() as f64 / count.max(1) as f64;
    println!("{what:<28} {:>9.1} ms {each:>9.1} ns each ({count})", elapsed.as_secs_f64() * 1e3);
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let series = arguments.next().transpose()?.unwrap_or(10_000);
    let rows = arguments.next().transpose()?.unwrap_or(240);
    let dir = std::env::temp_dir().join(format!("flyball-ingest-{}", std::process::id()));
    let outcome = run(&DbOptions::new(&dir), series, rows);
    std::fs::remove_dir_all(&dir)?;
    outcome
}

fn open(options: &DbOptions) -> Result<Db, Box<dyn Error>> {
    Ok(Db::open(options.clone(), Arc::new(OsVfs), Arc::new(SystemClock::new()))?.0)
}

fn run(options: &DbOptions, series: usize, rows: usize) -> Result<(), Box<dyn Error>> {
    let db = open(options)?;
    let all: Vec<Labels> = (0..series).map(labels).collect();
    let start = Instant::now();
    let mut batches: Vec<Batch> = Vec::new();
    let mut ids = Vec::new();
    for (target, labels) in all.chunks(PER_TARGET).enumerate() {
        let group = GroupKey(target as u64);
        batches.push(Batch::new(group));
        for labels in labels {
            ids.push(db.resolve(group, labels)?);
        }
    }
    report("resolve new series", start, series);
    let first = SystemClock::new().now().ms() - i64::try_from(rows)? * 15_000;
    let start = Instant::now();
    for row in 0..rows {
        let timestamp = Timestamp::from_ms(first + i64::try_from(row)? * 15_000);
        for (target, batch) in batches.iter_mut().enumerate() {
            batch.clear();
            let from = target * PER_TARGET;
            for (n, id) in ids.iter().enumerate().skip(from).take(PER_TARGET) {
                batch.push(*id, timestamp, value(n, row));
            }
            db.commit(batch)?;
        }
        db.sync()?;
    }
    let samples = series * rows;
    report("commit rows", start, samples);
    let stats = db.stats();
    let journal = stats.journal_bytes as f64 / samples as f64;
    println!(
        "journal {journal:.2} bytes a sample, head {} bytes a series",
        stats.head_bytes / series as u64
    );
    drop(db);
    let start = Instant::now();
    let db = open(options)?;
    report("open with replay", start, samples);
    let start = Instant::now();
    db.flush()?;
    report("flush", start, samples);
    memory("after the flush")?;
    db.compact_now(true)?;
    let stats = db.stats();
    println!("segments {:.3} bytes a sample", stats.segment_bytes as f64 / samples as f64);
    look_up(&db)?;
    ask(&db, series)?;
    println!("cache {} bytes", db.stats().cache_bytes);
    Ok(())
}

/// Questions on the index: of a segment that was not asked yet, and again.
fn look_up(db: &Db) -> Result<(), Box<dyn Error>> {
    let one = [
        Matcher::equal("__name__", "some_metric_007_total"),
        Matcher::equal("instance", "10.0.0.3:9100"),
    ];
    let several = Matcher::new(MatchOp::Regex, "__name__", "some_metric_00.*")?;
    let all = Matcher::new(MatchOp::Regex, "__name__", ".+")?;
    let questions: [(&str, &[Matcher]); 5] = [
        ("one series", &one),
        ("one metric", &one[..1]),
        ("one instance", &one[1..]),
        ("metrics by regex", &[several]),
        ("all metrics by regex", &[all]),
    ];
    for (text, matchers) in questions {
        let mut found = 0;
        for round in ["first", "again"] {
            let times = 400_000_usize.checked_div(found).map_or(1, |times| times.clamp(2, 5000));
            let before = processor_ms()?;
            for _ in 0..times {
                let (from, to) = (Timestamp::MIN, Timestamp::MAX);
                found = db.select(from, to, matchers, &SelectHints::default())?.len();
            }
            let each = (processor_ms()? - before) / times as f64;
            let cached = db.stats().cache_bytes >> 10;
            println!(
                "{text}, {found} series, {round}: {each:.4} ms of the processor, {cached} KiB \
                 in the cache"
            );
        }
    }
    println!("cache {} bytes", db.stats().cache_bytes);
    memory("after these questions")
}

/// User and system time of this thread so far.
fn processor_ms() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos: u64 = text.split(' ').next().ok_or("no time in schedstat")?.parse()?;
    Ok(nanos as f64 / 1e6)
}

fn ask(db: &Db, series: usize) -> Result<(), Box<dyn Error>> {
    for round in ["first", "again"] {
        let before = processor_ms()?;
        let matchers = [Matcher::equal("job", "node")];
        let (from, to) = (Timestamp::MIN, Timestamp::MAX);
        let selection = db.select(from, to, &matchers, &SelectHints::default())?;
        let each = (processor_ms()? - before) * 1e6 / series as f64;
        println!("select all, {round}: {each:.0} ns of the processor a series");
        let before = processor_ms()?;
        let mut samples = SampleBuf::default();
        let mut count = 0;
        for index in 0..selection.len() {
            selection.read(index, &mut samples)?;
            count += samples.len();
        }
        let each = (processor_ms()? - before) * 1e6 / count as f64;
        println!("read all, {round}: {each:.2} ns of the processor a sample");
    }
    Ok(())
}

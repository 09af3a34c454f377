//! `flyball tsdb`: what is in a data directory, read without changing anything in it.
//! The looking is done by `tsdb::inspect`; here is only what people and programs get to see.

mod lock;
#[cfg(test)]
mod tests;

use crate::cli::{DataDir, InspectCommand, InspectFormat};
use crate::console::{Console, Mark, Verdict};
use crate::table::{Align, Table};
use model::{Labels, Matcher, SampleBuf};
use serde_json::json;
use std::io;
use std::path::Path;
use std::sync::Arc;
use sys::SystemClock;
use sys::{OsVfs, Vfs};
use tsdb::inspect::{self, Analysis, SegmentInfo, VerifyReport, View};

/// A young data directory.
const NO_SEGMENTS: &str = "no segments yet: the samples are in the journal";

/// Runs one of the inspections.
pub fn run(command: &InspectCommand, console: &mut Console<'_>) -> io::Result<Verdict> {
    let (InspectCommand::Verify(data)
    | InspectCommand::Analyze { data, .. }
    | InspectCommand::List { data, .. }
    | InspectCommand::Dump { data, .. }) = command;
    if let Err(reason) = refuse_directory(&data.path) {
        console.complain(format_args!("flyball: {reason}"))?;
        return Ok(Verdict::Bad);
    }
    if lock::is_held(&data.path) {
        let note = match command {
            InspectCommand::Verify(_) => "a write that is under way is no damage",
            InspectCommand::List { .. } => "samples that it has not flushed yet are in no segment",
            InspectCommand::Analyze { .. } | InspectCommand::Dump { .. } => {
                "what it does meanwhile may be shown in part"
            }
        };
        let name = data.path.display();
        console.complain(format_args!("note: a server is running on {name}; {note}"))?;
    }
    match command {
        InspectCommand::Verify(data) => verify(data, console),
        InspectCommand::Analyze { data, limit } => analyze(data, *limit, console),
        InspectCommand::List { data, .. } => list(data, console),
        InspectCommand::Dump { data, matches, min_time, max_time } => {
            dump(data, matches, (*min_time, *max_time), console)
        }
    }
}

/// Says what a path is that is no data directory, and where one may be meant.
fn refuse_directory(path: &Path) -> Result<(), String> {
    let name = path.display();
    let looked = format!("cannot look into {name}");
    if !path.exists() {
        return Err(format!("{looked}: no such directory; give the path of --storage.path"));
    }
    if !path.is_dir() {
        return Err(format!("{looked}: it is a file, expected a data directory"));
    }
    let has = |entry: &str| path.join(entry).exists();
    if has("FORMAT") {
        return Ok(());
    }
    if has("wal") || has("chunks_head") {
        return Err(format!(
            "{looked}: it holds a Prometheus database; `flyball tsdb import prometheus {name}` \
             takes its history over"
        ));
    }
    let inner = path.join("flyball-data");
    if inner.join("FORMAT").exists() {
        return Err(format!("{looked}: it is no data directory, but {} is one", inner.display()));
    }
    let tenant = path.ancestors().find(|folder| folder.join("FORMAT").exists());
    if let Some(root) = tenant.filter(|root| !root.as_os_str().is_empty()) {
        return Err(format!("{looked}: it is inside a data directory; give {}", root.display()));
    }
    Err(format!("{looked}: it is no data directory of flyball (there is no file FORMAT)"))
}

/// The directory opened in memory; says what is damaged or why it cannot be opened.
fn open_view(data: &DataDir, console: &mut Console<'_>) -> io::Result<Option<View>> {
    let view = match View::open(Arc::new(OsVfs), Arc::new(SystemClock::new()), &data.path) {
        Ok(view) => view,
        Err(error) => {
            failed(&error, console)?;
            return Ok(None);
        }
    };
    for damage in view.damage() {
        console.blame("", Mark::Warning, damage)?;
    }
    Ok(Some(view))
}

fn failed(error: &dyn std::fmt::Display, console: &mut Console<'_>) -> io::Result<Verdict> {
    console.complain(format_args!("flyball: {error}"))?;
    Ok(Verdict::Bad)
}

fn verify(data: &DataDir, console: &mut Console<'_>) -> io::Result<Verdict> {
    let vfs: Arc<dyn Vfs> = Arc::new(OsVfs);
    let report = match inspect::verify(&vfs, &data.path) {
        Ok(report) => report,
        Err(error) => return failed(&error, console),
    };
    match data.output {
        InspectFormat::Json => console.say(format_args!("{:#}", verify_json(&report)))?,
        InspectFormat::Text => verify_text(&data.path, &report, console)?,
    }
    Ok(if report.damage.is_empty() { Verdict::Good } else { Verdict::Bad })
}

fn verify_json(report: &VerifyReport) -> serde_json::Value {
    json!({
        "segments": report.segments,
        "blocks": report.blocks,
        "records": report.records,
        "sound": report.damage.is_empty(),
        "damage": report.damage,
    })
}

fn verify_text(dir: &Path, report: &VerifyReport, console: &mut Console<'_>) -> io::Result<()> {
    console.say(format_args!("Verifying {}", dir.display()))?;
    for damage in &report.damage {
        console.blame("  ", Mark::Failed, damage)?;
    }
    let read = format!(
        "read {} segments with {} blocks and {} journal records",
        report.segments, report.blocks, report.records
    );
    if report.damage.is_empty() {
        return console.mark("  ", Mark::Success, format_args!("{read}; every checksum holds"));
    }
    console.complain(format_args!(
        "  {read}; {} places are damaged. The server serves the rest and keeps damaged files in \
         quarantine; a snapshot or backup may have them whole",
        report.damage.len()
    ))
}

fn list(data: &DataDir, console: &mut Console<'_>) -> io::Result<Verdict> {
    let segments = match inspect::list(&OsVfs, &data.path) {
        Ok(segments) => segments,
        Err(error) => return failed(&error, console),
    };
    match data.output {
        InspectFormat::Json => {
            let segments: Vec<_> = segments.iter().map(segment_json).collect();
            console.say(format_args!("{:#}", json!(segments)))?;
        }
        InspectFormat::Text if segments.is_empty() => console.say(NO_SEGMENTS)?,
        InspectFormat::Text => console.say(segments_table(&segments))?,
    }
    Ok(Verdict::Good)
}

fn segment_json(segment: &SegmentInfo) -> serde_json::Value {
    json!({
        "id": segment.id,
        "age": segment.age,
        "first_ms": segment.first_ms,
        "last_ms": segment.last_ms,
        "series": segment.series,
        "samples": segment.samples,
        "blocks": segment.blocks,
        "bytes": segment.bytes,
    })
}

fn segments_table(segments: &[SegmentInfo]) -> Table {
    let mut table = Table::new(&[
        ("SEGMENT", Align::Right),
        ("FIRST", Align::Left),
        ("LAST", Align::Left),
        ("DURATION", Align::Right),
        ("SERIES", Align::Right),
        ("SAMPLES", Align::Right),
        ("BLOCKS", Align::Right),
        ("SIZE", Align::Right),
        ("BYTES/SAMPLE", Align::Right),
    ]);
    for segment in segments {
        let span_ms = segment.last_ms.saturating_sub(segment.first_ms).max(0).unsigned_abs();
        table.row([
            segment.id.to_string(),
            instant(segment.first_ms),
            instant(segment.last_ms),
            config::format_duration(std::time::Duration::from_millis(span_ms)),
            segment.series.to_string(),
            segment.samples.to_string(),
            segment.blocks.to_string(),
            size(segment.bytes),
            per_sample(segment.bytes, segment.samples),
        ]);
    }
    table
}

fn analyze(data: &DataDir, limit: usize, console: &mut Console<'_>) -> io::Result<Verdict> {
    let Some(view) = open_view(data, console)? else { return Ok(Verdict::Bad) };
    let analysis = match view.analyze(limit) {
        Ok(analysis) => analysis,
        Err(error) => return failed(&error, console),
    };
    match data.output {
        InspectFormat::Json => console.say(format_args!("{:#}", analysis_json(&analysis)))?,
        InspectFormat::Text => analysis_text(&data.path, &analysis, console)?,
    }
    Ok(Verdict::Good)
}

fn analysis_json(analysis: &Analysis) -> serde_json::Value {
    let pairs = |list: &[(String, u64)], count: &str| -> Vec<serde_json::Value> {
        list.iter().map(|(name, number)| json!({"name": name, count: number})).collect()
    };
    json!({
        "series": analysis.series,
        "samples": analysis.samples,
        "unflushed_samples": analysis.unflushed_samples,
        "bytes": analysis.bytes,
        "series_by_metric": pairs(&analysis.series_by_metric, "series"),
        "values_by_label": pairs(&analysis.values_by_label, "values"),
    })
}

fn analysis_text(dir: &Path, analysis: &Analysis, console: &mut Console<'_>) -> io::Result<()> {
    console.say(format_args!("Data directory: {}", dir.display()))?;
    let unflushed = analysis.unflushed_samples;
    console.say(format_args!(
        "Samples:        {} ({unflushed} in no segment yet)",
        analysis.samples
    ))?;
    console.say(format_args!("Series:         {} (once per segment)", analysis.series))?;
    console.say(format_args!("Size:           {}", size(analysis.bytes)))?;
    let per_sample = per_sample(analysis.bytes, analysis.samples);
    console.say(format_args!("Bytes/sample:   {per_sample}"))?;
    let lists = [
        ("METRIC", "SERIES", &analysis.series_by_metric),
        ("LABEL", "VALUES", &analysis.values_by_label),
    ];
    for (name, count, list) in lists {
        let mut table = Table::new(&[(count, Align::Right), (name, Align::Left)]);
        for (name, count) in list {
            table.row([count.to_string(), name.clone()]);
        }
        console.say(format_args!("\n{table}"))?;
    }
    Ok(())
}

fn dump(
    data: &DataDir,
    selectors: &[String],
    range_ms: (i64, i64),
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let selectors = match parse_selectors(selectors) {
        Ok(selectors) => selectors,
        Err(reason) => {
            console.complain(format_args!("flyball: {reason}"))?;
            return Ok(Verdict::Bad);
        }
    };
    if range_ms.0 > range_ms.1 {
        let (first, last) = range_ms;
        console.complain(format_args!("flyball: --min-time={first} is after --max-time={last}"))?;
        return Ok(Verdict::Bad);
    }
    let Some(view) = open_view(data, console)? else { return Ok(Verdict::Bad) };
    let mut written = Ok(());
    let mut count = 0;
    let dumped = view.dump(range_ms, &selectors, &mut |labels, samples| {
        // After the first failed write (a closed pipe) the rest is read for nothing.
        if written.is_ok() {
            count += samples.len();
            written = write_series(data.output, labels, samples, console);
        }
    });
    written?;
    let lost = match dumped {
        Ok(lost) => lost,
        Err(error) => return failed(&error, console),
    };
    if count == 0 {
        console.complain("note: no sample matches")?;
    }
    for loss in &lost {
        console.blame("", Mark::Failed, loss)?;
    }
    Ok(if lost.is_empty() { Verdict::Good } else { Verdict::Bad })
}

/// Matchers of each selector.
fn parse_selectors(selectors: &[String]) -> Result<Vec<Vec<Matcher>>, String> {
    let parse = |text: &String| {
        promql::parse_selector(text).map_err(|error| {
            let place = error.render_place(text);
            format!("--match={text}: {error}\n{}", place.trim_end())
        })
    };
    selectors.iter().map(parse).collect()
}

fn write_series(
    format: InspectFormat,
    labels: &Labels,
    samples: &SampleBuf,
    console: &mut Console<'_>,
) -> io::Result<()> {
    let answer = console.answer();
    let mut histograms = samples.histograms.iter().peekable();
    let mut values = Vec::new();
    for (index, (timestamp, value)) in samples.timestamps.iter().zip(&samples.values).enumerate() {
        let histogram = histograms.next_if(|(at, _)| *at == index).map(|(_, histogram)| histogram);
        let text = match histogram {
            Some(histogram) => format!("count:{} sum:{}", histogram.count, histogram.sum),
            None => exposition::format_float(*value),
        };
        match format {
            InspectFormat::Text => writeln!(answer, "{labels} {text} {timestamp}")?,
            InspectFormat::Json => values.push(json!([timestamp, text])),
        }
    }
    if format == InspectFormat::Json {
        let labels: serde_json::Map<String, serde_json::Value> =
            labels.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        writeln!(answer, "{}", json!({"labels": labels, "samples": values}))?;
    }
    Ok(())
}

/// An instant for people.
pub(crate) fn instant(ms: i64) -> String {
    let instant = jiff::Timestamp::from_millisecond(ms);
    instant.map_or_else(|_beyond_the_calendar| format!("{ms} ms"), |at| at.to_string())
}

/// Bytes with a binary unit and at most one digit behind the point.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = "B";
    for next in UNITS {
        if tenths < 10_240 {
            break;
        }
        tenths = (tenths + 512) / 1024;
        unit = next;
    }
    if unit == "B" {
        format!("{bytes} B")
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

fn per_sample(bytes: u64, samples: u64) -> String {
    if samples == 0 {
        return "-".to_owned();
    }
    let hundredths = u128::from(bytes) * 100 / u128::from(samples);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

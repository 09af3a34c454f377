//! OpenMetrics text and InfluxDB's line protocol, read piece by piece: a file may be larger than
//! memory.

use super::lines::{Format, Take};
use exposition::{Event, Format as Text, Parser};
use model::{Labels, LabelsBuilder, MetricKind};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use wire::influx::{Field, Lines};

/// Bytes that are read at once, up to the next line feed.
const PIECE_BYTES: u64 = 4 << 20;
/// Longest line.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Series whose labels are remembered.
const SERIES_MAX: usize = 1_000_000;
const END: &[u8] = b"# EOF";

/// Gives whole lines, some megabytes at a time, with the number of lines before.
fn pieces(
    path: &Path,
    mut take: impl FnMut(&[u8], usize) -> Result<(), String>,
) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let mut file = BufReader::new(File::open(path).map_err(wrong)?);
    let (mut piece, mut before) = (Vec::new(), 0);
    loop {
        piece.clear();
        file.by_ref().take(PIECE_BYTES).read_to_end(&mut piece).map_err(wrong)?;
        if piece.is_empty() {
            return Ok(());
        }
        if piece.last() != Some(&b'\n') {
            let mut rest = file.by_ref().take(LINE_BYTES_MAX);
            rest.read_until(b'\n', &mut piece).map_err(wrong)?;
        }
        take(&piece, before)?;
        before += memchr::memchr_iter(b'\n', &piece).count();
    }
}

/// OpenMetrics 1.0, as `promtool tsdb create-blocks-from openmetrics` takes it: every sample has a
/// timestamp, the last line is `# EOF`.
pub(super) struct OpenMetrics;

impl Format for OpenMetrics {
    fn read(
        &self,
        path: &Path,
        take: &mut Take<'_>,
        _: &mut dyn FnMut(String),
    ) -> Result<(), String> {
        let mut reading = Reading { kind: None, ended: false, series: HashMap::new() };
        pieces(path, |piece, before| {
            reading
                .piece(piece, take)
                .map_err(|(line, why)| format!("{}:{}: {why}", path.display(), before + line))
        })?;
        if reading.ended {
            return Ok(());
        }
        Err(format!("{}: the file does not end with `# EOF`; is it whole?", path.display()))
    }
}

struct Reading {
    /// Family and kind that the last piece ended with.
    kind: Option<(String, MetricKind)>,
    ended: bool,
    series: HashMap<(MetricKind, Vec<u8>), Labels>,
}

impl Reading {
    /// Reads whole lines; the error has its line, from 1.
    fn piece(&mut self, piece: &[u8], take: &mut Take<'_>) -> Result<(), (usize, String)> {
        if self.ended {
            return Err((1, "there is more behind `# EOF`".to_owned()));
        }
        // How bounds of a histogram are read depends on its type, which an earlier piece tells.
        let mut body = Vec::with_capacity(piece.len() + 128);
        let mut added = 0;
        if let Some((family, kind)) = &self.kind {
            body.extend(format!("# TYPE {family} {}\n", kind.as_str()).bytes());
            added = 1;
        }
        body.extend(piece);
        self.ended = piece.trim_ascii_end().ends_with(END);
        if !self.ended {
            body.extend(END);
            body.push(b'\n');
        }
        let mut parser = Parser::new(Text::OpenMetrics, &body);
        let mut labels = LabelsBuilder::default();
        loop {
            let event = parser
                .next_event()
                .map_err(|error| (parser.line().saturating_sub(added), error.to_string()))?;
            let line = parser.line().saturating_sub(added);
            match event {
                None => return Ok(()),
                Some(Event::Type { family, kind }) => {
                    let is_plain =
                        family.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b));
                    self.kind = is_plain.then(|| (family.into_owned(), kind));
                }
                Some(Event::Help { .. } | Event::Unit { .. }) => {}
                Some(Event::Sample(sample)) => {
                    let Some(at) = sample.timestamp else {
                        return Err((line, "a sample without timestamp; history needs one".into()));
                    };
                    let kind = self.kind.as_ref().map_or(MetricKind::Unknown, |(_, kind)| *kind);
                    let key = (kind, sample.series.to_vec());
                    if let Some(known) = self.series.get(&key) {
                        take(known, at.ms(), sample.value);
                        continue;
                    }
                    parser.labels(&mut labels).map_err(|error| (line, error.to_string()))?;
                    let built = labels.build();
                    take(&built, at.ms(), sample.value);
                    if self.series.len() >= SERIES_MAX {
                        self.series.clear();
                    }
                    self.series.insert(key, built);
                }
            }
        }
    }
}

/// InfluxDB's line protocol, named as by `/write`: `measurement_field`, a field `value` is the
/// measurement itself.
pub(super) struct Influx {
    /// Nanoseconds of a unit of timestamps.
    pub(super) unit_ns: i64,
}

impl Format for Influx {
    fn read(
        &self,
        path: &Path,
        take: &mut Take<'_>,
        lost: &mut dyn FnMut(String),
    ) -> Result<(), String> {
        pieces(path, |piece, before| {
            let text = String::from_utf8_lossy(piece);
            let mut lines = Lines::of(&text);
            while let Some(line) = lines.next_line() {
                match line {
                    Ok(line) => {
                        if let Some(at) = line.timestamp {
                            self.line(&line, at, take);
                        } else {
                            let number = before + line.number;
                            lost(format!("{}:{number}: no timestamp", path.display()));
                        }
                    }
                    Err(error) => {
                        let (number, why) = (before + error.line, error.message);
                        lost(format!("{}:{number}:{}: {why}", path.display(), error.column));
                    }
                }
            }
            Ok(())
        })
    }
}

impl Influx {
    fn line(&self, line: &wire::influx::Line<'_>, at: i64, take: &mut Take<'_>) {
        let ms = i128::from(at) * i128::from(self.unit_ns) / 1_000_000;
        let ms = i64::try_from(ms).unwrap_or(if ms < 0 { i64::MIN } else { i64::MAX });
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let measurement = named(&line.measurement, |c| is_letter(c) || c == ':');
        for (field, value) in &line.fields {
            let Field::Number(value) = value else { continue };
            let mut labels = LabelsBuilder::default();
            for (name, value) in &line.tags {
                labels.set(&named(name, is_letter), value);
            }
            if field == "value" {
                labels.set(model::METRIC_NAME, &measurement);
            } else {
                let name = format!("{measurement}_{}", named(field, is_letter));
                labels.set(model::METRIC_NAME, &name);
            }
            take(&labels.build(), ms, *value);
        }
    }
}

/// What a name cannot hold becomes `_`.
fn named(name: &str, is_fine: impl Fn(char) -> bool) -> Cow<'_, str> {
    let begins_well = !name.starts_with(|c: char| c.is_ascii_digit());
    if begins_well && name.chars().all(&is_fine) {
        return Cow::Borrowed(name);
    }
    let first = if begins_well { "" } else { "_" };
    let rest = name.chars().map(|c| if is_fine(c) { c } else { '_' });
    Cow::Owned(first.chars().chain(rest).collect())
}

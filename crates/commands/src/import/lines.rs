//! Files with a sample a line, in any order: read once to see which days they hold, then as often
//! as their samples need to fit into memory. A segment a day, as for every import.

use super::{Done, Total, fail, open};
use crate::console::{Console, Mark, Verdict};
use model::{Labels, SampleBuf};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use sys::Vfs;
use tsdb::{Db, DbError, ImportReport, series_order};

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Samples that are in memory at once: 16 bytes each.
const SAMPLES_MAX: u64 = 20_000_000;
/// Lines that cannot be read and are told; more are counted.
const TOLD_MAX: u64 = 10;

/// Takes a sample: labels, Unix milliseconds, value.
pub(super) type Take<'t> = dyn FnMut(&Labels, i64, f64) + 't;

/// A format.
pub(super) trait Format {
    /// Reads a whole file; each line that is left out is told to `lost`.
    ///
    /// # Errors
    /// A sentence with file and line, when the rest cannot be read either.
    fn read(
        &self,
        path: &Path,
        take: &mut Take<'_>,
        lost: &mut dyn FnMut(String),
    ) -> Result<(), String>;
}

/// Imports files one after another.
pub(super) fn run(
    files: &[PathBuf],
    target: &Path,
    format: &dyn Format,
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let (db, vfs) = match open(target) {
        Ok(opened) => opened,
        Err(reason) => return fail(&reason, console),
    };
    let done = match Done::read(&*vfs, target) {
        Ok(done) => done,
        Err(reason) => return fail(&reason, console),
    };
    let mut import = Import { db: &db, vfs: &*vfs, done, total: Total::default() };
    for path in files {
        if let Err(reason) = import.file(path, format, console)? {
            import.total.is_partial = true;
            console.blame("  ", Mark::Failed, reason)?;
        }
    }
    let verdict = import.total.conclude(&db, console)?;
    match db.close() {
        Ok(()) => Ok(verdict),
        Err(error) => fail(&error, console),
    }
}

struct Import<'i> {
    db: &'i Db,
    vfs: &'i dyn Vfs,
    done: Done,
    total: Total,
}

/// Samples of some days, by series.
type Samples = HashMap<Labels, Vec<(i64, f64)>>;

impl Import<'_> {
    /// A file that cannot be read costs only itself, and nothing of it is stored.
    fn file(
        &mut self,
        path: &Path,
        format: &dyn Format,
        console: &mut Console<'_>,
    ) -> io::Result<Result<(), String>> {
        let name = match fingerprint(path) {
            Ok(name) => name,
            Err(reason) => return Ok(Err(reason)),
        };
        console.say(format_args!("Reading {}", path.display()))?;
        let (mut days, mut lost) = (BTreeMap::<i64, u64>::new(), Vec::new());
        let mut lost_count = 0;
        let mut count = |_: &Labels, at: i64, _: f64| *days.entry(day_of(at)).or_default() += 1;
        let mut lose = |why: String| {
            lost_count += 1;
            if lost_count <= TOLD_MAX {
                lost.push(why);
            }
        };
        if let Err(reason) = format.read(path, &mut count, &mut lose) {
            return Ok(Err(reason));
        }
        for why in lost {
            console.blame("  ", Mark::Warning, why)?;
        }
        if lost_count > 0 {
            self.total.is_partial = true;
            let line = format!("{lost_count} lines of {} were not read", path.display());
            console.blame("  ", Mark::Warning, line)?;
        }
        days.retain(|day, _| !self.done.parts.contains(&format!("{name} {day}")));
        if days.is_empty() {
            console.say(format_args!("  {}: was imported before", path.display()))?;
        }
        for span in spans(&days) {
            if let Err(reason) = self.days(path, &name, format, span, console)? {
                return Ok(Err(reason));
            }
        }
        Ok(Ok(()))
    }

    /// Reads the samples of some days and stores a segment for each.
    fn days(
        &mut self,
        path: &Path,
        name: &str,
        format: &dyn Format,
        span: (i64, i64),
        console: &mut Console<'_>,
    ) -> io::Result<Result<(), String>> {
        let mut samples = Samples::new();
        let mut take = |labels: &Labels, at: i64, value: f64| {
            if (span.0..=span.1).contains(&day_of(at)) {
                match samples.get_mut(labels) {
                    Some(known) => known.push((at, value)),
                    None => drop(samples.insert(labels.clone(), vec![(at, value)])),
                }
            }
        };
        if let Err(reason) = format.read(path, &mut take, &mut |_| {}) {
            return Ok(Err(reason));
        }
        let mut series: Vec<(Labels, Vec<(i64, f64)>)> = samples.into_iter().collect();
        series.sort_by(|a, b| series_order(&a.0, &b.0));
        for (_, samples) in &mut series {
            // Of two samples of an instant the first one stays.
            samples.sort_by_key(|(at, _)| *at);
            samples.dedup_by_key(|(at, _)| *at);
        }
        let mut day = span.0;
        while day <= span.1 {
            let part = format!("{name} {day}");
            if !self.done.parts.contains(&part) {
                match self.day(&series, day) {
                    Ok(report) if report.samples == 0 => {}
                    Ok(report) => {
                        let file = path.file_name().unwrap_or_default().to_string_lossy();
                        self.total.note(&file, (day, day + DAY_MS - 1), &report, console)?;
                        self.done.add(self.vfs, part)?;
                    }
                    Err(error) => return Ok(Err(error.to_string())),
                }
            }
            day += DAY_MS;
        }
        Ok(Ok(()))
    }

    fn day(&self, series: &[(Labels, Vec<(i64, f64)>)], day: i64) -> Result<ImportReport, DbError> {
        let mut rest = series.iter();
        self.db.import(|buffer: &mut SampleBuf| {
            Ok(rest.next().map(|(labels, samples)| {
                let begin = samples.partition_point(|(at, _)| *at < day);
                let own = samples[begin..].iter().take_while(|(at, _)| *at < day + DAY_MS);
                own.for_each(|(at, value)| buffer.push(*at, *value));
                labels.clone()
            }))
        })
    }
}

fn day_of(at: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(DAY_MS))
}

/// First and last days that are read together.
fn spans(days: &BTreeMap<i64, u64>) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    let mut held = 0;
    for (day, count) in days {
        match spans.last_mut() {
            Some(span) if held + count <= SAMPLES_MAX => {
                span.1 = *day;
                held += count;
            }
            Some(_) | None => {
                spans.push((*day, *day));
                held = *count;
            }
        }
    }
    spans
}

/// Names a file by its place, length and time of change: one that changed is another one.
fn fingerprint(path: &Path) -> Result<String, String> {
    let wrong = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let facts = std::fs::metadata(path).map_err(wrong)?;
    if !facts.is_file() {
        return Err(format!("cannot read {}: a file was expected", path.display()));
    }
    let whole = path.canonicalize().map_err(wrong)?;
    let changed = facts.modified().map_err(wrong)?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (len, ns) = (facts.len(), changed.as_nanos());
    Ok(format!("{} {len} {ns}", whole.to_string_lossy().escape_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_together_as_far_as_they_fit() {
        let days = BTreeMap::from([(0, 1), (DAY_MS, SAMPLES_MAX - 1), (2 * DAY_MS, 1)]);
        assert_eq!(spans(&days), [(0, DAY_MS), (2 * DAY_MS, 2 * DAY_MS)]);
        assert_eq!((day_of(-1), day_of(DAY_MS + 1)), (-DAY_MS, DAY_MS));
    }
}

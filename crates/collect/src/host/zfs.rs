//! ZFS: the module's own statistics, and I/O, data sets and state of each pool.

use super::round::{Round, read_once};
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;
use std::path::Path;

/// Part of the metric's name, and file.
const STATISTICS: [(&str, &str); 11] = [
    ("abd", "abdstats"),
    ("arc", "arcstats"),
    ("dbuf", "dbufstats"),
    ("dmu_tx", "dmu_tx"),
    ("dnode", "dnodestats"),
    ("fm", "fm"),
    ("vdev_cache", "vdev_cache_stats"),
    ("vdev_mirror", "vdev_mirror_stats"),
    ("xuio", "xuio_stats"),
    ("zfetch", "zfetchstats"),
    ("zil", "zil"),
];

const STATES: [&str; 7] =
    ["online", "degraded", "faulted", "offline", "removed", "unavail", "suspended"];

/// `KSTAT_DATA_INT64` and `KSTAT_DATA_UINT64`; other types are left out as upstream.
const NUMBER_TYPES: [&[u8]; 2] = [b"3", b"4"];

/// Named numbers below the heading `name type data`.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(String, f64)>, Error> {
    let mut numbers = Vec::new();
    for (number, line) in below_heading(content)? {
        let mut fields = text::fields(line);
        let (name, kind, value) = (fields.next(), fields.next(), fields.next());
        let (Some(name), Some(kind), Some(value)) = (name, kind, value) else { continue };
        if NUMBER_TYPES.contains(&kind) {
            numbers.push((text::label(name), text::float(value, number)?));
        }
    }
    Ok(numbers)
}

fn below_heading(content: &[u8]) -> Result<Vec<(usize, &[u8])>, Error> {
    let mut lines = text::lines(content).skip_while(|(_, line)| {
        let mut fields = text::fields(line);
        [fields.next(), fields.next(), fields.next(), fields.next()]
            != [Some(&b"name"[..]), Some(b"type"), Some(b"data"), None]
    });
    let missing = || Error::parse(1, "a heading `name type data`", content);
    lines.next().ok_or_else(missing)?;
    Ok(lines.collect())
}

/// Name of the data set that an `objset` file is about; it may hold blanks.
pub(super) fn dataset(content: &[u8]) -> Option<String> {
    text::lines(content).find_map(|(_, line)| {
        let rest = line.strip_prefix(b"dataset_name")?.trim_ascii_start();
        let (_, name) = text::split_once(rest, b' ')?;
        Some(text::label(name.trim_ascii_start()))
    })
}

/// A pool's I/O: a line of names that begins with `nread`, a line of numbers.
pub(super) fn parse_io(content: &[u8]) -> Result<Vec<(String, f64)>, Error> {
    let mut lines = text::lines(content).skip_while(|(_, line)| !line.starts_with(b"nread"));
    let (Some((_, names)), Some((number, values))) = (lines.next(), lines.next()) else {
        return Err(Error::parse(1, "a line of names and a line of numbers", content));
    };
    let name = text::fields(names).zip(text::fields(values));
    name.map(|(name, value)| Ok((text::label(name), text::uint(value, number)? as f64))).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.proc.join("spl/kstat/zfs");
    let entries = round.names(&dir)?;
    for (part, file) in STATISTICS {
        let numbers = match round.parsed(&dir.join(file), parse) {
            Ok(numbers) => numbers,
            // Versions of ZFS differ in what they have.
            Err(error) if error.kind() == ErrorKind::NoData => continue,
            Err(error) => return Err(error),
        };
        for (name, value) in numbers {
            let metric = format!("node_zfs_{part}_{}", name.replace('-', "_"));
            let help = format!("kstat.zfs.misc.{file}.{name}");
            round.untyped(&metric, &help, &Labels::empty(), value);
        }
    }
    for pool in entries {
        self::pool(round, &dir.join(&pool), &pool)?;
    }
    Ok(())
}

fn pool(round: &mut Round<'_>, dir: &Path, pool: &str) -> Result<(), Error> {
    let labels = Labels::from_pairs([("zpool", pool)]);
    for file in round.host.list(dir).unwrap_or_default() {
        let path = dir.join(&file);
        if file == "io" {
            for (name, value) in round.parsed(&path, parse_io)? {
                let help = format!("kstat.zfs.misc.io.{name}");
                let metric = format!("node_zfs_zpool_{}", name.replace('-', "_"));
                round.untyped(&metric, &help, &labels, value);
            }
        } else if file == "state" {
            let state = round.word(&path).unwrap_or_default().to_lowercase();
            for known in STATES {
                let labels = Labels::from_pairs([("zpool", pool), ("state", known)]);
                let is = f64::from(u8::from(state == known));
                round.gauge("node_zfs_zpool_state", "kstat.zfs.misc.state", &labels, is);
            }
        } else if file.starts_with("objset-") {
            objset(round, &path, pool)?;
        }
    }
    Ok(())
}

fn objset(round: &mut Round<'_>, path: &Path, pool: &str) -> Result<(), Error> {
    let content = read_once(round.host, path, round.buffer)?;
    let name = dataset(content).unwrap_or_default();
    let numbers = parse(content).map_err(|error| error.at(path))?;
    let labels = Labels::from_pairs([("zpool", pool), ("dataset", &name)]);
    for (name, value) in numbers {
        let help = format!("kstat.zfs.misc.objset.{name}");
        let metric = format!("node_zfs_zpool_dataset_{}", name.replace('-', "_"));
        round.untyped(&metric, &help, &labels, value);
    }
    Ok(())
}

//! os-release: which distribution this is. Read again every minute, as upstream watches its date.

use super::Setup;
use super::round::{Collector, Round, read_once};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::{Labels, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

const MAX_AGE: Duration = Duration::from_mins(1);

/// Labels of the info series and the variables of os-release(5) they show.
const LABELS: [(&str, &str); 12] = [
    ("build_id", "BUILD_ID"),
    ("id", "ID"),
    ("id_like", "ID_LIKE"),
    ("image_id", "IMAGE_ID"),
    ("image_version", "IMAGE_VERSION"),
    ("name", "NAME"),
    ("pretty_name", "PRETTY_NAME"),
    ("variant", "VARIANT"),
    ("variant_id", "VARIANT_ID"),
    ("version", "VERSION"),
    ("version_codename", "VERSION_CODENAME"),
    ("version_id", "VERSION_ID"),
];

pub(super) struct Os {
    info: FamilyId,
    version: FamilyId,
    support_end: FamilyId,
    known: Option<(Timestamp, Release)>,
}

#[derive(Debug, Clone)]
struct Release {
    info: Labels,
    short: Labels,
    version: Option<f64>,
    support_end: Option<f64>,
}

impl Os {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let out = &mut *setup.out;
        let names = LABELS.map(|(label, _)| label).join(", ");
        Self {
            info: out.gauge(
                "node_os_info",
                &format!("A metric with a constant '1' value labeled by {names}."),
            ),
            version: out.gauge(
                "node_os_version",
                "Metric containing the major.minor part of the OS version.",
            ),
            support_end: out.gauge(
                "node_os_support_end_timestamp_seconds",
                "Metric containing the end-of-life date timestamp of the OS.",
            ),
            known: None,
        }
    }
}

/// Variables `NAME=value`, the value bare or in single or double quotes with backslash escapes.
pub(super) fn parse(content: &[u8]) -> BTreeMap<String, String> {
    text::lines(content)
        .filter(|(_, line)| !line.trim_ascii().starts_with(b"#"))
        .filter_map(|(_, line)| text::split_once(line.trim_ascii(), b'='))
        .map(|(name, value)| (text::label(name), unquote(&text::label(value))))
        .collect()
}

fn unquote(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut quote = None;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => out.extend(chars.next()),
            (c, _) => out.push(c),
        }
    }
    out
}

/// The number at the beginning of a version: `20.04.2 LTS` is 20.04, `10` is 10.
fn version_number(version: &str) -> Option<f64> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit() && c != '.').next()?.split('.');
    let (major, minor) = (parts.next()?, parts.next().unwrap_or_default());
    let text = if minor.is_empty() { major.to_owned() } else { format!("{major}.{minor}") };
    text.parse().ok()
}

impl Release {
    fn new(variables: &BTreeMap<String, String>) -> Self {
        let value = |name: &str| variables.get(name).map_or("", String::as_str);
        let pairs = LABELS.map(|(label, name)| (label, value(name)));
        let short = pairs.into_iter().filter(|(l, _)| ["id", "id_like", "name"].contains(l));
        Self {
            info: Labels::from_pairs(pairs),
            short: Labels::from_pairs(short),
            version: version_number(value("VERSION_ID")),
            support_end: midnight(value("SUPPORT_END")),
        }
    }
}

/// Seconds since the epoch of a date `2026-11-21`, UTC.
fn midnight(date: &str) -> Option<f64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_second() as f64)
}

impl Collector for Os {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let now = round.now;
        let is_fresh =
            |(read, _): &(Timestamp, Release)| *read <= now && now.since(*read) < MAX_AGE;
        if !self.known.as_ref().is_some_and(is_fresh) {
            let mut read = |path: &str| {
                let path = round.roots.root.join(path);
                read_once(round.host, &path, round.buffer).map(parse)
            };
            let variables = read("etc/os-release").or_else(|_| read("usr/lib/os-release"))?;
            self.known = Some((now, Release::new(&variables)));
        }
        let Some((_, release)) = &self.known else {
            return Err(Error::no_data("no os-release has been read"));
        };
        round.out.push(self.info, &release.info, 1.0);
        if let Some(version) = release.version.filter(|version| *version > 0.0) {
            round.out.push(self.version, &release.short, version);
        }
        if let Some(end) = release.support_end {
            round.out.push(self.support_end, &Labels::empty(), end);
        }
        Ok(())
    }
}

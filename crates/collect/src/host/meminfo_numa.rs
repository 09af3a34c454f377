//! Memory by node, and how often pages came from the node that was asked.

use super::round::Round;
use crate::text;
use crate::{Error, ErrorKind};
use model::{Labels, MetricKind};

/// Name of a field and its value in bytes, or plain where there is no unit.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(String, f64)>, Error> {
    let line = |(number, line): (usize, &[u8])| {
        let what = "`Node n name: number`";
        let name = text::label(text::nth(line, 2, number, what)?);
        let value = text::uint(text::nth(line, 3, number, what)?, number)? as f64;
        let factor = match text::fields(line).nth(4) {
            Some(b"kB") => 1024.0,
            None => 1.0,
            Some(unit) => return Err(Error::parse(number, "the unit kB", unit)),
        };
        let name = name.trim_end_matches(':').replace('(', "_").replace(')', "");
        Ok((name, value * factor))
    };
    text::lines(content).map(line).collect()
}

/// Names and counts of `numastat`.
pub(super) fn parse_counts(content: &[u8]) -> Result<Vec<(String, f64)>, Error> {
    let line = |(number, line): (usize, &[u8])| {
        let name = text::label(text::nth(line, 0, number, "a name and a number")?);
        let value = text::nth(line, 1, number, "a name and a number")?;
        Ok((format!("{name}_total"), text::uint(value, number)? as f64))
    };
    text::lines(content).map(line).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("devices/system/node");
    for entry in round.names(&dir)? {
        let number = entry.strip_prefix("node").unwrap_or_default();
        if text::decimal(number.as_bytes()).is_none() {
            continue;
        }
        let labels = Labels::from_pairs([("node", number)]);
        let dir = dir.join(&entry);
        let sizes = round.parsed(&dir.join("meminfo"), parse)?;
        let counts = match round.parsed(&dir.join("numastat"), parse_counts) {
            Err(error) if error.kind() == ErrorKind::NoData => Vec::new(),
            counts => counts?,
        };
        for (kind, fields) in [(MetricKind::Gauge, sizes), (MetricKind::Counter, counts)] {
            for (name, value) in fields {
                let help = format!("Memory information field {name}.");
                let family = round.out.declare(&format!("node_memory_numa_{name}"), kind, &help);
                round.out.push(family, &labels, value);
            }
        }
    }
    Ok(())
}

//! Swap areas: size, use and priority.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

const KIB: f64 = 1024.0;

/// An area of /proc/swaps; sizes in KiB.
#[derive(Debug, PartialEq)]
pub(super) struct Area {
    device: String,
    kind: String,
    size: f64,
    used: f64,
    priority: f64,
}

/// Areas below the heading.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Area>, Error> {
    let line = |(number, line): (usize, &[u8])| {
        let column = |index| text::nth(line, index, number, "five columns");
        Ok(Area {
            device: text::label(column(0)?),
            kind: text::label(column(1)?),
            size: text::float(column(2)?, number)?,
            used: text::float(column(3)?, number)?,
            priority: text::float(column(4)?, number)?,
        })
    };
    text::lines(content).skip(1).map(line).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    for area in round.parsed(&round.roots.proc.join("swaps"), parse)? {
        let labels = [("device", &area.device), ("swap_type", &area.kind)];
        let labels = Labels::from_pairs(labels);
        for (name, help, value) in [
            ("node_swap_size_bytes", "Swap device size in bytes.", area.size * KIB),
            ("node_swap_used_bytes", "Swap device used in bytes.", area.used * KIB),
            ("node_swap_priority", "Swap device priority.", area.priority),
        ] {
            round.gauge(name, help, &labels, value);
        }
    }
    Ok(())
}

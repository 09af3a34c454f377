//! Slab caches of the kernel; only root may read them.

use super::Setup;
use super::filter::Filter;
use super::round::{Collector, Round};
use crate::Error;
use crate::text;
use model::Labels;

/// Column, metric and help.
const COLUMNS: [(usize, &str, &str); 5] = [
    (
        1,
        "node_slabinfo_active_objects",
        "The number of objects that are currently active (i.e., in use).",
    ),
    (
        2,
        "node_slabinfo_objects",
        concat!(
            "The total number of allocated objects (i.e., objects that are both in ",
            "use and not in use).",
        ),
    ),
    (3, "node_slabinfo_object_size_bytes", "The size of objects in this slab, in bytes."),
    (4, "node_slabinfo_objects_per_slab", "The number of objects stored in each slab."),
    (5, "node_slabinfo_pages_per_slab", "The number of pages allocated for each slab."),
];

pub(super) struct Slabinfo {
    slabs: Filter,
}

impl Slabinfo {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let options = setup.options;
        let (include, exclude) = (&*options.slabinfo_include, &*options.slabinfo_exclude);
        Ok(Self { slabs: Filter::new(("slabinfo.slabs", include, exclude))? })
    }
}

/// Name and the numbers of [`COLUMNS`] of each cache.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(String, [u64; COLUMNS.len()])>, Error> {
    let mut caches = Vec::new();
    for (number, line) in text::lines(content) {
        if line.starts_with(b"slabinfo") || line.starts_with(b"#") {
            continue;
        }
        let mut numbers = [0; COLUMNS.len()];
        for (slot, (column, ..)) in numbers.iter_mut().zip(COLUMNS) {
            *slot = text::uint(text::nth(line, column, number, "a name, five numbers")?, number)?;
        }
        caches.push((text::label(text::nth(line, 0, number, "a name")?), numbers));
    }
    Ok(caches)
}

impl Collector for Slabinfo {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        for (slab, numbers) in round.parsed(&round.roots.proc.join("slabinfo"), parse)? {
            if self.slabs.admits(slab.as_bytes()) {
                let labels = Labels::from_pairs([("slab", &slab)]);
                for ((_, name, help), value) in COLUMNS.into_iter().zip(numbers) {
                    round.gauge(name, help, &labels, value as f64);
                }
            }
        }
        Ok(())
    }
}

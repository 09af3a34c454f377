//! /proc/meminfo: every line becomes a gauge, kibibytes become bytes.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

pub(super) struct Meminfo {
    source: Source,
    families: Remembered<FamilyId>,
}

/// One line: its key up to the colon, its number, and whether that counts kibibytes.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    key: &'a [u8],
    number: u64,
    is_kib: bool,
}

impl Meminfo {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let source = Source::new(setup.roots.proc.join("meminfo"));
        Self { source, families: Remembered::new() }
    }
}

/// All lines; `Active(anon):  20 kB` has the key `Active(anon)`.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    let mut entries = Vec::with_capacity(64);
    for (number, line) in text::lines(content) {
        let (key, value) = text::split_once(line, b':')
            .ok_or_else(|| Error::parse(number, "`name: number [kB]`", line))?;
        let value_field = text::nth(value, 0, number, "a number after the colon")?;
        let is_kib = match text::fields(value).nth(1) {
            None => false,
            Some(b"kB") => true,
            Some(unit) => return Err(Error::parse(number, "the unit kB", unit)),
        };
        entries.push(Entry { key, number: text::uint(value_field, number)?, is_kib });
    }
    Ok(entries)
}

/// `Active(anon)` counted in kB is called `Active_anon_bytes`.
fn field_name(entry: &Entry<'_>) -> String {
    let plain = text::label(entry.key).replace('(', "_").replace(')', "");
    if entry.is_kib { format!("{plain}_bytes") } else { plain }
}

impl Collector for Meminfo {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let entries = self.source.parse(round.host, round.buffer, parse)?;
        self.families.rewind();
        for entry in entries {
            let family = self.families.get(entry.key, || {
                let field = field_name(&entry);
                let help = format!("Memory information field {field}.");
                round.out.gauge(&format!("node_memory_{field}"), &help)
            });
            let factor = if entry.is_kib { 1024.0 } else { 1.0 };
            round.out.push(family, &Labels::empty(), entry.number as f64 * factor);
        }
        Ok(())
    }
}

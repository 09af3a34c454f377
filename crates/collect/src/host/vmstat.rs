//! /proc/vmstat: those counters and gauges whose names match a pattern, untyped as upstream.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::{Labels, MetricKind};
use regex::bytes::Regex;

pub(super) struct Vmstat {
    source: Source,
    fields: Regex,
    families: Remembered<Option<FamilyId>>,
}

impl Vmstat {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let fields = Regex::new(&setup.options.vmstat_fields)
            .map_err(|error| Error::option("vmstat.fields", error))?;
        let source = Source::new(setup.roots.proc.join("vmstat"));
        Ok(Self { source, fields, families: Remembered::new() })
    }
}

/// Names and values of all lines.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(&[u8], f64)>, Error> {
    text::lines(content)
        .map(|(number, line)| {
            let name = text::nth(line, 0, number, "a name and a number")?;
            let value = text::nth(line, 1, number, "a name and a number")?;
            Ok((name, text::float(value, number)?))
        })
        .collect()
}

impl Collector for Vmstat {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let entries = self.source.parse(round.host, round.buffer, parse)?;
        self.families.rewind();
        for (key, value) in entries {
            let family = self.families.get(key, || {
                let name = text::label(key);
                let help = format!("/proc/vmstat information field {name}.");
                self.fields.is_match(key).then(|| {
                    round.out.declare(&format!("node_vmstat_{name}"), MetricKind::Unknown, &help)
                })
            });
            if let Some(family) = family {
                round.out.push(family, &Labels::empty(), value);
            }
        }
        Ok(())
    }
}

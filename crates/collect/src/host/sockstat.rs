//! /proc/net/sockstat and sockstat6: sockets by protocol and state.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source};
use crate::family::FamilyId;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;

pub(super) struct Sockstat {
    sources: [Source; 2],
    families: Remembered<FamilyId>,
}

/// A protocol's field and its number, e.g. `TCP`, `inuse`, 4.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    protocol: &'a [u8],
    field: &'a [u8],
    number: f64,
}

impl Sockstat {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let source = |file| Source::new(setup.roots.proc.join("net").join(file));
        Self { sources: [source("sockstat"), source("sockstat6")], families: Remembered::new() }
    }
}

/// Lines of `PROTOCOL: field number field number ...`.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    let mut entries = Vec::with_capacity(20);
    for (number, line) in text::lines(content) {
        let (protocol, rest) = text::split_once(line, b':')
            .ok_or_else(|| Error::parse(number, "`protocol: field number ...`", line))?;
        let mut fields = text::fields(rest);
        while let Some(field) = fields.next() {
            let value = fields
                .next()
                .ok_or_else(|| Error::parse(number, "pairs of field and number", line))?;
            entries.push(Entry { protocol, field, number: text::float(value, number)? });
        }
    }
    Ok(entries)
}

fn declare(round: &mut Round<'_>, protocol: &str, field: &str) -> FamilyId {
    let help = if protocol == "sockets" {
        "Number of IPv4 sockets in use.".to_owned()
    } else {
        format!("Number of {protocol} sockets in state {field}.")
    };
    round.out.gauge(&format!("node_sockstat_{protocol}_{field}"), &help)
}

impl Collector for Sockstat {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        self.families.rewind();
        let page_bytes = round.host.page_bytes() as f64;
        // The text is taken out of the round so that families can be declared while it is read.
        let mut buffer = std::mem::take(round.buffer);
        let outcome = self.sources.iter_mut().try_for_each(|source| {
            let entries = match source.parse(round.host, &mut buffer, parse) {
                Ok(entries) => entries,
                // A kernel may lack either protocol family.
                Err(error) if error.kind() == ErrorKind::NoData => return Ok(()),
                Err(error) => return Err(error),
            };
            for entry in entries {
                let mut push = |field: &[u8], value| {
                    let key = [entry.protocol, b"_", field].concat();
                    let family = self.families.get(&key, || {
                        declare(round, &text::label(entry.protocol), &text::label(field))
                    });
                    round.out.push(family, &Labels::empty(), value);
                };
                push(entry.field, entry.number);
                if entry.field == b"mem" {
                    push(b"mem_bytes", entry.number * page_bytes);
                }
            }
            Ok(())
        });
        *round.buffer = buffer;
        outcome
    }
}

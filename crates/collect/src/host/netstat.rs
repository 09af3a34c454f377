//! /proc/net/netstat, snmp and snmp6: protocol counters whose names match a pattern, untyped.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source};
use crate::family::FamilyId;
use crate::text;
use crate::{Error, ErrorKind};
use model::{Labels, MetricKind};
use regex::Regex;

pub(super) struct Netstat {
    pairs: [(Source, Remembered<Option<FamilyId>>); 2],
    snmp6: (Source, Remembered<Option<FamilyId>>),
    fields: Regex,
}

/// A protocol's statistic, e.g. `Tcp`, `InSegs`, 57252008.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    protocol: &'a [u8],
    name: &'a [u8],
    value: f64,
}

impl Netstat {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let source =
            |file| (Source::new(setup.roots.proc.join("net").join(file)), Remembered::new());
        let fields = Regex::new(&setup.options.netstat_fields)
            .map_err(|error| Error::option("netstat.fields", error))?;
        Ok(Self { pairs: [source("netstat"), source("snmp")], snmp6: source("snmp6"), fields })
    }
}

/// Pairs of lines: `Tcp: name name ...`, then `Tcp: number number ...`.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    let mut entries = Vec::with_capacity(512);
    let mut lines = text::lines(content);
    while let Some((number, names)) = lines.next() {
        let pair = || Error::parse(number, "a line of names and a line of numbers", names);
        let (at, values) = lines.next().ok_or_else(pair)?;
        let (mut names, mut values) = (text::fields(names), text::fields(values));
        let protocol = names.next().and_then(|p| p.strip_suffix(b":")).ok_or_else(pair)?;
        if values.next().and_then(|p| p.strip_suffix(b":")) != Some(protocol) {
            return Err(pair());
        }
        for name in names {
            let field = values.next().ok_or_else(pair)?;
            entries.push(Entry { protocol, name, value: text::float(field, at)? });
        }
        if values.next().is_some() {
            return Err(pair());
        }
    }
    Ok(entries)
}

/// Lines `Ip6InReceives 7`; the protocol ends with the 6, lines without one are skipped.
pub(super) fn parse_snmp6(content: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    let mut entries = Vec::with_capacity(128);
    for (number, line) in text::lines(content) {
        let key = text::nth(line, 0, number, "a name and a number")?;
        let value = text::nth(line, 1, number, "a name and a number")?;
        if let Some(six) = key.iter().position(|&byte| byte == b'6') {
            let (protocol, name) = key.split_at(six + 1);
            entries.push(Entry { protocol, name, value: text::float(value, number)? });
        }
    }
    Ok(entries)
}

fn push(
    round: &mut Round<'_>,
    entries: &[Entry<'_>],
    families: &mut Remembered<Option<FamilyId>>,
    fields: &Regex,
) {
    families.rewind();
    let mut key = Vec::with_capacity(64);
    for entry in entries {
        key.clear();
        key.extend_from_slice(entry.protocol);
        key.push(b'_');
        key.extend_from_slice(entry.name);
        let family = families.get(&key, || {
            let (name, statistic) = (text::label(&key), [entry.protocol, entry.name].concat());
            let help = format!("Statistic {}.", text::label(&statistic));
            fields.is_match(&name).then(|| {
                round.out.declare(&format!("node_netstat_{name}"), MetricKind::Unknown, &help)
            })
        });
        if let Some(family) = family {
            round.out.push(family, &Labels::empty(), entry.value);
        }
    }
}

impl Collector for Netstat {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let mut buffer = std::mem::take(round.buffer);
        let mut collect = || {
            for (source, families) in &mut self.pairs {
                let entries = source.parse(round.host, &mut buffer, parse)?;
                push(round, &entries, families, &self.fields);
            }
            let (source, families) = &mut self.snmp6;
            match source.parse(round.host, &mut buffer, parse_snmp6) {
                Ok(entries) => push(round, &entries, families, &self.fields),
                // Kernels without IPv6 lack the file.
                Err(error) if error.kind() == ErrorKind::NoData => {}
                Err(error) => return Err(error),
            }
            Ok(())
        };
        let outcome = collect();
        *round.buffer = buffer;
        outcome
    }
}

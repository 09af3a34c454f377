//! Interrupts by line, device and processor.

use super::Setup;
use super::filter::Filter;
use super::round::{Collector, Round};
use crate::Error;
use crate::text;
use model::Labels;

const HELP: &str = "Interrupt details.";

pub(super) struct Interrupts {
    names: Filter,
    include_zeros: bool,
}

impl Interrupts {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let options = setup.options;
        let (include, exclude) = (&*options.interrupts_include, &*options.interrupts_exclude);
        let names = Filter::new(("interrupts.name", include, exclude))?;
        Ok(Self { names, include_zeros: options.interrupts_include_zeros })
    }
}

/// An interrupt line of the kernel.
#[derive(Debug, PartialEq)]
pub(super) struct Interrupt {
    name: String,
    info: String,
    devices: String,
    counts: Vec<u64>,
}

/// Lines below the heading, which has one column for each processor. Lines without a count for
/// every processor (ERR, MIS) are left out, as upstream.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Interrupt>, Error> {
    let mut lines = text::lines(content);
    let cpus = lines.next().map_or(0, |(_, heading)| text::fields(heading).count());
    let mut out = Vec::new();
    for (number, line) in lines {
        let Some((name, rest)) = text::split_once(line, b':') else {
            return Err(Error::parse(number, "`name: counts`", line));
        };
        let fields: Vec<_> = text::fields(rest).collect();
        if fields.len() < cpus + 1 {
            continue;
        }
        let (counts, words) = fields.split_at(cpus);
        let counts = counts.iter().map(|field| text::uint(field, number));
        let name = text::label(name.trim_ascii());
        let word = |words: &[&[u8]]| {
            words.iter().map(|word| text::label(word)).collect::<Vec<_>>().join(" ")
        };
        // Numbered lines name the controller and then the devices; others have a description.
        let (info, devices) = if text::decimal(name.as_bytes()).is_some() {
            (word(&words[..1]), word(&words[1..]))
        } else {
            (word(words), String::new())
        };
        out.push(Interrupt { name, info, devices, counts: counts.collect::<Result<_, _>>()? });
    }
    Ok(out)
}

impl Collector for Interrupts {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let path = round.roots.proc.join("interrupts");
        for interrupt in round.parsed(&path, parse)? {
            let Interrupt { name, info, devices, counts } = interrupt;
            if !self.names.admits(format!("{name};{info};{devices}").as_bytes()) {
                continue;
            }
            let pairs = [("type", &*name), ("info", &info), ("devices", &devices)];
            for (cpu, count) in counts.into_iter().enumerate() {
                if count > 0 || self.include_zeros {
                    let cpu = cpu.to_string();
                    let labels = Labels::from_pairs(pairs.into_iter().chain([("cpu", &*cpu)]));
                    round.counter("node_interrupts_total", HELP, &labels, count as f64);
                }
            }
        }
        Ok(())
    }
}

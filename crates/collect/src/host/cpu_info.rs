//! /proc/cpuinfo: what each processor is, its clock, and flags and bugs that patterns choose.

use super::device_pattern;
use super::round::Round;
use crate::text;
use crate::{Error, Options};
use model::Labels;
use regex::bytes::Regex;

const INFO: &str = "CPU information from /proc/cpuinfo.";
const FREQUENCY: &str = "CPU frequency in hertz from /proc/cpuinfo.";
const FLAGS: &str =
    "The `flags` field of CPU information from /proc/cpuinfo taken from the first core.";
const BUGS: &str =
    "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.";
const HERTZ_PER_MEGAHERTZ: f64 = 1e6;

/// Labels of the info series and the fields of /proc/cpuinfo they show; the first three also
/// name the series of the clock.
const LABELS: [(&str, &str); 10] = [
    ("package", "physical id"),
    ("core", "core id"),
    ("cpu", "processor"),
    ("vendor", "vendor_id"),
    ("family", "cpu family"),
    ("model", "model"),
    ("model_name", "model name"),
    ("microcode", "microcode"),
    ("stepping", "stepping"),
    ("cachesize", "cache size"),
];

pub(super) struct CpuInfo {
    flags: Option<Regex>,
    bugs: Option<Regex>,
}

/// Fields of a processor in their order.
pub(super) type Processor = Vec<(String, String)>;

/// Processors, parted by empty lines; `name : value` each line.
pub(super) fn parse(content: &[u8]) -> Vec<Processor> {
    let mut processors: Vec<Processor> = Vec::new();
    for (_, line) in text::lines(content) {
        let Some((name, value)) = text::split_once(line, b':') else { continue };
        let name = text::label(name.trim_ascii());
        if name == "processor" {
            processors.push(Vec::new());
        }
        if let Some(processor) = processors.last_mut() {
            processor.push((name, text::label(value.trim_ascii())));
        }
    }
    processors
}

fn value<'a>(processor: &'a Processor, field: &str) -> &'a str {
    let found = processor.iter().find(|(name, _)| name == field);
    found.map_or("", |(_, value)| value)
}

impl CpuInfo {
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        Ok(Self {
            flags: device_pattern("cpu.info.flags-include", &options.cpu_info_flags_include)?,
            bugs: device_pattern("cpu.info.bugs-include", &options.cpu_info_bugs_include)?,
        })
    }

    pub(super) fn collect(&self, round: &mut Round<'_>) -> Result<(), Error> {
        let path = round.roots.proc.join("cpuinfo");
        let processors = round.parsed(&path, |content| Ok(parse(content)))?;
        for processor in &processors {
            let pairs = LABELS.map(|(label, field)| (label, value(processor, field)));
            round.gauge("node_cpu_info", INFO, &Labels::from_pairs(pairs), 1.0);
            let labels = Labels::from_pairs(pairs.into_iter().take(3));
            if let Ok(megahertz) = text::float(value(processor, "cpu MHz").as_bytes(), 1) {
                let hertz = megahertz * HERTZ_PER_MEGAHERTZ;
                round.gauge("node_cpu_frequency_hertz", FREQUENCY, &labels, hertz);
            }
        }
        let Some(first) = processors.first() else { return Ok(()) };
        for (pattern, field, label, name, help) in [
            (&self.flags, "flags", "flag", "node_cpu_flag_info", FLAGS),
            (&self.bugs, "bugs", "bug", "node_cpu_bug_info", BUGS),
        ] {
            let Some(pattern) = pattern else { continue };
            let words = value(first, field).split_ascii_whitespace();
            for word in words.filter(|word| pattern.is_match(word.as_bytes())) {
                round.gauge(name, help, &Labels::from_pairs([(label, word)]), 1.0);
            }
        }
        Ok(())
    }
}

//! Software interrupts by kind and processor.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

const HELP: &str = "Softirq counts per CPU.";

/// Kinds with their counts by processor.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(String, Vec<u64>)>, Error> {
    let line = |(number, line): (usize, &[u8])| {
        let (name, counts) = text::split_once(line, b':')
            .ok_or_else(|| Error::parse(number, "`KIND: counts`", line))?;
        let counts = text::fields(counts).map(|field| text::uint(field, number));
        Ok((text::label(name.trim_ascii()), counts.collect::<Result<_, Error>>()?))
    };
    text::lines(content).skip(1).map(line).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    for (kind, counts) in round.parsed(&round.roots.proc.join("softirqs"), parse)? {
        for (cpu, count) in counts.into_iter().enumerate() {
            let labels = Labels::from_pairs([("cpu", &*cpu.to_string()), ("type", &kind)]);
            round.counter("node_softirqs_functions_total", HELP, &labels, count as f64);
        }
    }
    Ok(())
}

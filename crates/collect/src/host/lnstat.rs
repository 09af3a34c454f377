//! Caches of the network stack by processor, from /proc/net/stat.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

const HELP: &str = "linux network cache stats";

/// Names of the columns, and their numbers by processor.
type Table = (Vec<String>, Vec<Vec<u64>>);

/// A heading of names and a line of hexadecimal numbers for each processor.
pub(super) fn parse(content: &[u8]) -> Result<Table, Error> {
    let mut lines = text::lines(content);
    let heading = lines.next().map_or(&b""[..], |(_, line)| line);
    let names = text::fields(heading).map(text::label).collect();
    let row = |(number, line): (usize, &[u8])| {
        text::fields(line).map(|field| text::hex(field, number)).collect::<Result<_, _>>()
    };
    Ok((names, lines.map(row).collect::<Result<_, _>>()?))
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.proc.join("net/stat");
    for subsystem in round.names(&dir)? {
        let (names, rows) = round.parsed(&dir.join(&subsystem), parse)?;
        for (cpu, row) in rows.iter().enumerate() {
            let pairs = [("subsystem", &*subsystem), ("cpu", &cpu.to_string())];
            let labels = Labels::from_pairs(pairs);
            for (name, value) in names.iter().zip(row) {
                let metric = format!("node_lnstat_{name}_total");
                round.counter(&metric, HELP, &labels, *value as f64);
            }
        }
    }
    Ok(())
}

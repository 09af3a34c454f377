//! Free blocks of memory by node, zone and order of size.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

const HELP: &str = "Count of free blocks according to size.";

/// Node, zone and counts by order.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(String, String, Vec<u64>)>, Error> {
    let line = |(number, line): (usize, &[u8])| {
        let what = "`Node n, zone name counts`";
        let node = text::nth(line, 1, number, what)?;
        let zone = text::nth(line, 3, number, what)?;
        let counts = text::fields(line).skip(4).map(|field| text::uint(field, number));
        let node = text::label(node.strip_suffix(b",").unwrap_or(node));
        Ok((node, text::label(zone), counts.collect::<Result<_, Error>>()?))
    };
    text::lines(content).map(line).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    for (node, zone, counts) in round.parsed(&round.roots.proc.join("buddyinfo"), parse)? {
        for (order, count) in counts.into_iter().enumerate() {
            let pairs = [("node", &*node), ("zone", &zone), ("size", &order.to_string())];
            let labels = Labels::from_pairs(pairs);
            round.gauge("node_buddyinfo_blocks", HELP, &labels, count as f64);
        }
    }
    Ok(())
}

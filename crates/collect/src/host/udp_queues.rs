//! /proc/net/udp and udp6: bytes waiting in the queues of all UDP sockets.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::family::FamilyId;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;

pub(super) struct UdpQueues {
    sources: [(Source, [Labels; 2]); 2],
    queues: FamilyId,
}

impl UdpQueues {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let source = |file: &str, ip: &str| {
            let labels = |queue| Labels::from_pairs([("ip", ip), ("queue", queue)]);
            (Source::new(setup.roots.proc.join("net").join(file)), [labels("tx"), labels("rx")])
        };
        let help = "Number of allocated memory in the kernel for UDP datagrams in bytes.";
        Self {
            sources: [source("udp", "v4"), source("udp6", "v6")],
            queues: setup.out.gauge("node_udp_queues", help),
        }
    }
}

/// Sums of the fifth column `tx:rx` after the heading, in bytes.
pub(super) fn parse(content: &[u8]) -> Result<[u64; 2], Error> {
    let mut sums = [0_u64; 2];
    for (number, line) in text::lines(content).skip(1) {
        let queues = text::nth(line, 4, number, "a column `tx:rx`")?;
        let (tx, rx) = text::split_once(queues, b':')
            .ok_or_else(|| Error::parse(number, "a column `tx:rx`", queues))?;
        for (sum, field) in sums.iter_mut().zip([tx, rx]) {
            *sum = sum.wrapping_add(text::hex(field, number)?);
        }
    }
    Ok(sums)
}

impl Collector for UdpQueues {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let mut missing = None;
        let mut found = 0;
        for (source, labels) in &mut self.sources {
            match source.parse(round.host, round.buffer, parse) {
                Ok(sums) => {
                    found += 1;
                    for (labels, sum) in labels.iter().zip(sums) {
                        round.out.push(self.queues, labels, sum as f64);
                    }
                }
                // A kernel may lack either protocol family, not both.
                Err(error) if error.kind() == ErrorKind::NoData => missing = Some(error),
                Err(error) => return Err(error),
            }
        }
        if found == 0 { missing.map_or(Ok(()), Err) } else { Ok(()) }
    }
}

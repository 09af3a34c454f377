//! Control group subsystems: how many groups each has and whether it is on.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

const GROUPS: &str = "Current cgroup number of the subsystem.";
const ENABLED: &str = "Current cgroup number of the subsystem.";

/// Subsystem, number of groups, 1 when enabled.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(String, u64, u64)>, Error> {
    let line = |(number, line): (usize, &[u8])| {
        let column = |index| text::nth(line, index, number, "four columns");
        let (groups, enabled) = (column(2)?, column(3)?);
        let groups = text::uint(groups, number)?;
        Ok((text::label(column(0)?), groups, text::uint(enabled, number)?))
    };
    text::lines(content).skip(1).map(line).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    for (name, groups, enabled) in round.parsed(&round.roots.proc.join("cgroups"), parse)? {
        let labels = Labels::from_pairs([("subsys_name", &name)]);
        round.gauge("node_cgroups_cgroups", GROUPS, &labels, groups as f64);
        round.gauge("node_cgroups_enabled", ENABLED, &labels, enabled as f64);
    }
    Ok(())
}

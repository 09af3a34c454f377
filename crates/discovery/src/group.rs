//! Groups of targets as discovery hands them on.

use config::TargetGroup;
use model::Labels;

/// Label with the host and port of a target.
pub const ADDRESS_LABEL: &str = "__address__";
/// Label with the file that named a target.
pub const FILEPATH_LABEL: &str = "__meta_filepath";

/// Targets with common labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Where the group comes from; unique within a snapshot.
    pub source: String,
    /// Labels of each target, its address among them; they win over those of the group.
    pub targets: Vec<Labels>,
    /// Labels of all targets.
    pub labels: Labels,
}

/// A source of targets that could not be used; what it said before stays in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// File or pattern.
    pub source: String,
    /// What was wrong.
    pub message: String,
}

/// Everything that is known at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// All groups, sorted by source within each mechanism.
    pub groups: Vec<Group>,
    /// Sources that could not be used.
    pub faults: Vec<Fault>,
}

impl Group {
    pub(crate) fn new(source: String, group: &TargetGroup, extra: Option<(&str, &str)>) -> Self {
        let target = |address: &String| Labels::from_pairs([(ADDRESS_LABEL, address)]);
        let mut labels = group.labels.to_builder();
        if let Some((name, value)) = extra {
            labels.set(name, value);
        }
        Self { source, targets: group.targets.iter().map(target).collect(), labels: labels.build() }
    }
}

/// The groups of `static_configs`; the source is the position, as upstream has it.
pub fn static_groups(configs: &[TargetGroup]) -> Vec<Group> {
    let number = |(index, group): (usize, &TargetGroup)| Group::new(index.to_string(), group, None);
    configs.iter().enumerate().map(number).collect()
}

//! The built-in rules: packs of rule files whose thresholds come from the configuration. A pack's
//! first rule records `flyball_rule_pack_active{pack=...}` as soon as its metrics are there; until
//! then its other rules have nothing to look at.

use config::{RulePack, RulePacks};
use model::Labels;

/// What a pack records while its metrics are there.
const ACTIVE: &str = "flyball_rule_pack_active";

/// Name of the group that announces the end of silences.
pub(crate) const SILENCES: &str = "silences";

/// Every pack with its rule file, in which thresholds stand as `${name}`.
const PACKS: [(RulePack, &str); 9] = [
    (RulePack::Host, include_str!("packs/host.yml")),
    (RulePack::Flyball, include_str!("packs/flyball.yml")),
    (RulePack::Http, include_str!("packs/http.yml")),
    (RulePack::Queues, include_str!("packs/queues.yml")),
    (RulePack::Cache, include_str!("packs/cache.yml")),
    (RulePack::Database, include_str!("packs/database.yml")),
    (RulePack::Locks, include_str!("packs/locks.yml")),
    (RulePack::Redis, include_str!("packs/redis.yml")),
    (RulePack::Certificates, include_str!("packs/certificates.yml")),
];

/// Rule files of the packs that are not switched off, thresholds filled in.
pub(crate) fn texts(packs: &RulePacks) -> impl Iterator<Item = String> {
    let wanted = PACKS.iter().filter(|(pack, _)| !packs.off.contains(pack));
    wanted.map(|(_, text)| with_thresholds(text, &packs.thresholds))
}

/// The rule file with the group [`SILENCES`]: silences announce their end also to people who bring
/// all other rules themselves.
pub(crate) fn silences(packs: &RulePacks) -> Option<String> {
    let flyball = PACKS.iter().find(|(pack, _)| *pack == RulePack::Flyball);
    flyball.map(|(_, text)| with_thresholds(text, &packs.thresholds))
}

/// Says that a pack is on, when a series that is new to its group is the one that tells so.
pub(crate) fn tell_when_on(labels: &Labels) {
    if labels.value("__name__") == ACTIVE {
        let pack = labels.value("pack");
        tracing::info!(pack, "rule pack is on: its metrics are there");
    }
}

fn with_thresholds(text: &str, thresholds: &[(&'static str, f64)]) -> String {
    thresholds.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), &value.to_string())
    })
}

#[cfg(test)]
mod tests;

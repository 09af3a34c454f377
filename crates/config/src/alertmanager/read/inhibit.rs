//! Inhibition rules: the old maps, the lists of matchers, and several sources.

use super::labels::{self, MatcherKeys};
use crate::alertmanager::{InhibitRule, InhibitSource, MatcherMode};
use crate::read::Section;
use crate::yaml::Node;
use model::Matcher;

const SOURCE: MatcherKeys =
    MatcherKeys { equal: "source_match", regex: "source_match_re", list: "source_matchers" };
const TARGET: MatcherKeys =
    MatcherKeys { equal: "target_match", regex: "target_match_re", list: "target_matchers" };

/// Section `inhibit_rules`.
pub(super) fn read(file: &Section<'_>, mode: MatcherMode) -> Vec<InhibitRule> {
    let nodes = file.items("inhibit_rules").iter();
    nodes.filter_map(|node| rule(file, node, mode)).collect()
}

fn rule(file: &Section<'_>, node: &Node, mode: MatcherMode) -> Option<InhibitRule> {
    let section = file.reader.section(node, "inhibit_rules")?;
    let name = section.filled("name");
    let source = InhibitSource {
        matchers: labels::matchers(&section, SOURCE, mode),
        equal: labels::names(&section, "equal", mode),
    };
    let mut sources = Vec::new();
    for node in section.items("sources") {
        sources.extend(self::source(&section, node, mode));
    }
    let target = labels::matchers(&section, TARGET, mode);
    if sources.is_empty() {
        warn_when_unbounded(&section, "source", &source.matchers);
        sources.push(source);
    } else if !source.matchers.is_empty() || !source.equal.is_empty() {
        let message = "`sources` has matchers and `equal` of its own; it excludes `source_match`, \
                       `source_match_re`, `source_matchers` and `equal`";
        section.problem("sources", message);
    }
    warn_when_unbounded(&section, "target", &target);
    section.finish();
    Some(InhibitRule { name, sources, target })
}

/// An entry of `sources`; its matchers must not match an alert without labels.
fn source(rule: &Section<'_>, node: &Node, mode: MatcherMode) -> Option<InhibitSource> {
    let section = rule.reader.section(node, "sources")?;
    let matchers = labels::matcher_list(&section, "matchers", mode);
    let equal = labels::names(&section, "equal", mode);
    if matchers.is_empty() {
        section.problem_here("an entry of `sources` needs `matchers`");
    } else if matchers.iter().all(Matcher::matches_empty) {
        section.problem("matchers", "at least one matcher must not match the empty text");
    }
    section.finish();
    Some(InhibitSource { matchers, equal })
}

/// No matchers at all is allowed upstream, but seldom meant.
fn warn_when_unbounded(section: &Section<'_>, side: &'static str, matchers: &[Matcher]) {
    if matchers.is_empty() {
        let what = if side == "source" { "inhibits" } else { "can be muted" };
        let message = format!("this inhibition rule has no `{side}_matchers`: every alert {what}");
        section.reader.warn(section.place, "inhibit_rules", message);
    }
}

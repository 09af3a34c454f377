//! Rule files: groups of recording and alerting rules, checked as upstream's `rulefmt` checks them.
//! Expressions and templates stay text with their place: who parses them reports errors at
//! [`PlacedText::place_at`].

mod extras;

pub use extras::{AlertExtras, FireAfter, FlapDamping, OnMissing};

use crate::read::{Reader, Section, UnknownKeys};
use crate::yaml::{Node, Style};
use crate::{Error, Loaded, Outside, Place};
use model::{Labels, METRIC_NAME};
use relabel::NameScheme;
use std::collections::HashMap;
use std::time::Duration;

const NAMELESS: &str = "a rule group needs a `name`";

/// A rule file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RuleFile {
    /// Groups, in the order of the file; names are unique within it.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated one after the other with the same timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleGroup {
    /// Name, not empty.
    pub name: String,
    /// Where the group begins.
    pub place: Place,
    /// Time between two evaluations; absent: the global one.
    pub interval: Option<Duration>,
    /// Evaluate this far in the past; absent: the global one.
    pub query_offset: Option<Duration>,
    /// Most results of a rule; a rule above it fails as a whole.
    pub limit: Option<u64>,
    /// Labels of every rule of the group, below the rule's own.
    pub labels: Labels,
    /// Rules, in the order of evaluation.
    pub rules: Vec<RuleDefinition>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDefinition {
    /// What the rule makes of its result.
    pub kind: RuleKind,
    /// Where the rule begins.
    pub place: Place,
    /// What it asks.
    pub expr: PlacedText,
    /// Labels to set; for alerts the values are templates.
    pub labels: Vec<(String, PlacedText)>,
}

/// What a rule makes of its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// Stores it as a new series.
    Record {
        /// Name of the new metric.
        metric: String,
    },
    /// Makes an alert of every series in it.
    Alert {
        /// Name of the alert.
        name: String,
        /// How long a series must be there before the alert fires.
        hold: Duration,
        /// How long the alert stays firing after the series is gone.
        keep_firing_for: Duration,
        /// Annotations; the values are templates.
        annotations: Vec<(String, PlacedText)>,
        /// What goes beyond Prometheus.
        extras: Box<AlertExtras>,
    },
}

/// The text of an expression or template, and where it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedText {
    /// The text.
    pub text: String,
    /// Where its first character stands.
    pub place: Place,
    layout: Layout,
}

/// How text and file correspond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Character by character on one line.
    OneLine,
    /// Line by line, all lines with the same indentation.
    Block,
    /// Lines were joined or escapes replaced: only the beginning is known.
    Folded,
}

impl PlacedText {
    fn new(node: &Node, text: String) -> Self {
        let style = node.scalar().map_or(Style::Plain, |scalar| scalar.style);
        let mut place = node.place;
        let layout = match style {
            Style::Plain | Style::Quoted if node.verbatim => Layout::OneLine,
            Style::Literal => Layout::Block,
            Style::Plain | Style::Quoted | Style::Folded => Layout::Folded,
        };
        if style == Style::Quoted {
            place.column += 1;
        }
        Self { text, place, layout }
    }

    /// Where the character at a byte offset of the text stands in the file; where the text
    /// begins when the file writes it differently (joined lines, escapes).
    pub fn place_at(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let Place { line, column } = self.place;
        match self.layout {
            Layout::OneLine => Place { line, column: column + before.chars().count() },
            Layout::Block => {
                let rest = before.rsplit_once('\n').map_or(before, |(_, rest)| rest);
                let lines = before.matches('\n').count();
                Place { line: line + lines, column: column + rest.chars().count() }
            }
            Layout::Folded => self.place,
        }
    }
}

/// Reads a rule file; `scheme` says which metric and label names are valid.
pub fn load(path: &str, text: &str, scheme: NameScheme) -> Result<Loaded<RuleFile>, Error> {
    load_with(path, text, scheme, UnknownKeys::Refused)
}

/// Reads a rule file of which other programs may use further keys.
pub fn load_with(
    path: &str,
    text: &str,
    scheme: NameScheme,
    unknown_keys: UnknownKeys,
) -> Result<Loaded<RuleFile>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, &[])?;
    reader.treat_unknown_keys(unknown_keys);
    let file = reader.section(&root, "").map(|section| {
        let groups = read_groups(&section, scheme);
        section.finish();
        RuleFile { groups }
    });
    reader.finish(file.unwrap_or_default(), &root)
}

/// Reads one group by itself, a map as it stands in the list `groups`; the file has that group.
pub fn load_group(path: &str, text: &str, scheme: NameScheme) -> Result<Loaded<RuleFile>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, &[])?;
    let groups = reader.section(&root, "").map(|section| {
        let name = section.text("name").unwrap_or_default();
        if name.is_empty() {
            section.problem("name", NAMELESS);
        }
        vec![read_group(section, name, scheme)]
    });
    reader.finish(RuleFile { groups: groups.unwrap_or_default() }, &root)
}

fn read_groups(file: &Section<'_>, scheme: NameScheme) -> Vec<RuleGroup> {
    let mut lines = HashMap::new();
    let mut groups = Vec::new();
    for item in file.items("groups") {
        let Some(section) = file.reader.section(item, "groups") else { continue };
        let name = section.text("name").unwrap_or_default();
        if name.is_empty() {
            section.problem("name", NAMELESS);
        } else if let Some(line) = lines.insert(name.clone(), section.place.line) {
            let quoted = model::quote(&name).to_string();
            section.problem("name", format!("group {quoted} is already defined in line {line}"));
        }
        groups.push(read_group(section, name, scheme));
    }
    groups
}

fn read_group(section: Section<'_>, name: String, scheme: NameScheme) -> RuleGroup {
    let labels = section.text_map("labels", "groups.labels");
    check_names(&section, "labels", scheme, true);
    let items = section.items("rules").iter().enumerate();
    let rules = items.filter_map(|(index, node)| {
        let context = Context { group: &name, number: index + 1, scheme };
        read_rule(section.reader, node, &context)
    });
    let rules = rules.collect();
    let nonzero = |key| section.duration(key).filter(|duration: &Duration| !duration.is_zero());
    let group = RuleGroup {
        place: section.place,
        interval: nonzero("interval"),
        query_offset: section
            .get("query_offset")
            .filter(|node| !node.is_null())
            .and_then(|_| section.duration("query_offset")),
        limit: section.number::<i64>("limit").and_then(|limit| u64::try_from(limit).ok()),
        labels: Labels::from_pairs(labels.iter().filter(|(name, _)| !name.is_empty()).cloned()),
        rules,
        name,
    };
    section.finish();
    RuleGroup { limit: group.limit.filter(|&limit| limit > 0), ..group }
}

/// Which rule is being read, for messages.
struct Context<'a> {
    group: &'a str,
    number: usize,
    scheme: NameScheme,
}

impl Context<'_> {
    fn describe(&self, message: &str) -> String {
        format!("rule {} of group {}: {message}", self.number, model::quote(self.group))
    }
}

fn read_rule(reader: &Reader<'_>, node: &Node, context: &Context<'_>) -> Option<RuleDefinition> {
    let section = reader.section(node, "groups.rules")?;
    let record = section.filled("record");
    let alert = section.filled("alert");
    let hold = section.duration("for").unwrap_or_default();
    let keep_firing_for = section.duration("keep_firing_for").unwrap_or_default();
    let annotations = placed_texts(&section, "annotations", "groups.rules.annotations");
    let labels = placed_texts(&section, "labels", "groups.rules.labels");
    check_names(&section, "labels", context.scheme, true);
    check_names(&section, "annotations", context.scheme, false);
    let expr = section.get("expr").and_then(|node| {
        let text = reader.text(node, "expr")?;
        Some(PlacedText::new(node, text))
    });
    if expr.as_ref().is_none_or(|expr| expr.text.is_empty()) {
        section.problem("expr", context.describe("`expr` is missing"));
    }
    let kind = match (record, alert) {
        (Some(metric), None) => {
            check_record(&section, &metric, context);
            extras::refuse(&section, context);
            Some(RuleKind::Record { metric })
        }
        (None, Some(name)) => {
            let extras = Box::new(extras::read(&section, context));
            Some(RuleKind::Alert { name, hold, keep_firing_for, annotations, extras })
        }
        (Some(_), Some(_)) => {
            section.problem(
                "alert",
                context.describe("at most one of `record` and `alert` may be set"),
            );
            None
        }
        (None, None) => {
            section.problem_here(context.describe("one of `record` and `alert` must be set"));
            None
        }
    };
    let place = section.place;
    section.finish();
    Some(RuleDefinition { kind: kind?, place, expr: expr?, labels })
}

/// A map with free keys and text values that are looked at later.
fn placed_texts(
    section: &Section<'_>,
    key: &'static str,
    path: &'static str,
) -> Vec<(String, PlacedText)> {
    let Some(map) = section.section(key, path) else { return Vec::new() };
    let pairs = map.entries().iter().filter_map(|(name, node)| {
        let text = section.reader.text(node, key)?;
        Some((name.scalar()?.text.clone(), PlacedText::new(node, text)))
    });
    pairs.collect()
}

fn check_record(section: &Section<'_>, metric: &str, context: &Context<'_>) {
    let valid = match context.scheme {
        NameScheme::Utf8 => true,
        NameScheme::Legacy => model::is_legacy_metric_name(metric),
    };
    if metric.contains(['{', '}']) {
        let message = "`record` has braces; a recording rule sets labels with `labels`";
        section.problem("record", context.describe(message));
    } else if !valid {
        let message = format!("{} is no valid metric name", model::quote(metric));
        section.problem("record", context.describe(&message));
    }
    for key in ["for", "keep_firing_for"] {
        if section.is_filled(key) && section.duration(key).is_some_and(|time| !time.is_zero()) {
            let message = format!("a recording rule has no `{key}`");
            section.reader.problem(section.key_place(key), context.describe(&message));
        }
    }
    if !section.text_map("annotations", "groups.rules.annotations").is_empty() {
        let place = section.key_place("annotations");
        section.reader.problem(place, context.describe("a recording rule has no `annotations`"));
    }
}

/// Names of labels or annotations; `__name__` is no label that a rule may set.
fn check_names(section: &Section<'_>, key: &'static str, scheme: NameScheme, labels: bool) {
    let Some(map) = section.section(key, "labels") else { return };
    for (name, _) in map.entries() {
        let text = name.scalar().map_or("", |name| name.text.as_str());
        if !scheme.allows_label(text) || (labels && text == METRIC_NAME) {
            let message = format!("{} is no name for one of `{key}`", model::quote(text));
            section.reader.problem(name.place, message);
        }
    }
}

#[cfg(test)]
mod tests;

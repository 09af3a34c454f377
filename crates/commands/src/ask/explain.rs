//! `flyball query explain`: the parts of a query as a tree, figures in columns to the left of it.
//! Reads what `/api/flyball/v1/explain` answers, a list with depths.

use crate::inspect::{instant, size};
use crate::table::{Align, Table};
use serde::Deserialize;

/// An answer of the API.
#[derive(Debug, Deserialize, PartialEq)]
pub(super) struct Explanation {
    nodes: Vec<Node>,
    analysis: Option<Analysis>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Node {
    depth: usize,
    text: String,
    line: usize,
    column: usize,
    value_type: String,
    steps: Option<Steps>,
    does: Vec<String>,
    reads: Vec<Read>,
    measured: Option<Measured>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Steps {
    first: f64,
    last: f64,
    count: usize,
    step_seconds: Option<f64>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Read {
    matchers: String,
    first: f64,
    last: f64,
    series: Option<usize>,
    samples: Option<u64>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Measured {
    series: usize,
    points: usize,
    peak_bytes: u64,
    total_seconds: f64,
    own_seconds: f64,
    ways: Vec<Way>,
    error: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Way {
    way: String,
    series: usize,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    total_seconds: f64,
    series_read: usize,
    samples_read: u64,
    series: usize,
    points: usize,
    peak_bytes: u64,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_type: String,
    error: String,
}

impl Explanation {
    /// Why the query has no answer.
    pub(super) fn error(&self) -> Option<String> {
        let Failure { error_type, error } = self.error.as_ref()?;
        Some(format!("query error: {error_type}: {error}"))
    }

    /// The tree for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let analysed = self.nodes.iter().any(|node| node.measured.is_some());
        let mut table = if analysed { Table::new(&MEASURED) } else { Table::new(&PLANNED) };
        let figures = if analysed { MEASURED.len() - 1 } else { PLANNED.len() - 1 };
        let mut outer = self.nodes.first().and_then(|node| node.steps);
        for (index, node) in self.nodes.iter().enumerate() {
            let branches = Branches::of(&self.nodes, index);
            let mut row = node.figures();
            row.push(format!("{}{}", branches.before_text(), node.text));
            table.row(row);
            for detail in node.details(outer) {
                let mut row = vec![String::new(); figures];
                row.push(format!("{}{detail}", branches.before_detail()));
                table.row(row);
            }
            // Steps are told where they change.
            outer = node.steps.or(outer);
        }
        let mut lines = vec![table.to_string()];
        if let Some(steps) = self.nodes.first().and_then(|node| node.steps) {
            lines.push(String::new());
            lines.push(format!("evaluated at {}", steps.describe()));
        }
        lines.extend(self.analysis.as_ref().map(Analysis::describe));
        lines
    }
}

const PLANNED: [(&str, Align); 3] =
    [("PLACE", Align::Left), ("VALUE", Align::Left), ("QUERY", Align::Left)];

const MEASURED: [(&str, Align); 8] = [
    ("TOTAL", Align::Right),
    ("OWN", Align::Right),
    ("SERIES", Align::Right),
    ("POINTS", Align::Right),
    ("SAMPLES", Align::Right),
    ("MEMORY", Align::Right),
    ("PLACE", Align::Left),
    ("QUERY", Align::Left),
];

impl Node {
    /// Everything to the left of the tree.
    fn figures(&self) -> Vec<String> {
        let place = format!("{}:{}", self.line, self.column);
        let Some(measured) = &self.measured else {
            return vec![place, self.value_type.clone()];
        };
        let samples: u64 = self.reads.iter().filter_map(|read| read.samples).sum();
        vec![
            time(measured.total_seconds),
            time(measured.own_seconds),
            measured.series.to_string(),
            measured.points.to_string(),
            if self.reads.is_empty() { String::new() } else { samples.to_string() },
            size(measured.peak_bytes),
            place,
        ]
    }

    /// Lines below the node.
    fn details(&self, outer: Option<Steps>) -> Vec<String> {
        let mut lines = self.does.clone();
        match self.steps {
            None => lines.push("not computed".to_owned()),
            Some(steps) if Some(steps) != outer => {
                lines.push(format!("at {}", steps.describe()));
            }
            Some(_) => {}
        }
        lines.extend(self.reads.iter().map(Read::describe));
        if let Some(measured) = &self.measured {
            let ways = measured.ways.iter();
            lines.extend(ways.map(|Way { way, series }| format!("{series} series {way}")));
            lines.extend(measured.error.iter().map(|error| format!("failed: {error}")));
        }
        lines
    }
}

impl Steps {
    fn describe(self) -> String {
        let (first, last) = (at(self.first), at(self.last));
        match self.step_seconds {
            Some(step) => {
                format!("{} steps from {first} to {last}, every {}", self.count, time(step))
            }
            None if self.count == 0 => "no step".to_owned(),
            None => first,
        }
    }
}

impl Read {
    fn describe(&self) -> String {
        let (first, last) = (at(self.first), at(self.last));
        let found = match (self.series, self.samples) {
            (Some(series), Some(samples)) => format!(": {series} series, {samples} samples"),
            _ => String::new(),
        };
        format!("reads {} from {first} to {last}{found}", self.matchers)
    }
}

impl Analysis {
    fn describe(&self) -> String {
        let Self { series_read, samples_read, series, points, .. } = self;
        let (total, peak) = (time(self.total_seconds), size(self.peak_bytes));
        format!(
            "read {series_read} series with {samples_read} samples, answered {series} series with \
             {points} points, in {total}, holding at most {peak}"
        )
    }
}

/// The lines of the tree in front of a node.
struct Branches {
    /// Does another child of the ancestor of that depth follow?
    follows: Vec<bool>,
    has_children: bool,
}

impl Branches {
    fn of(nodes: &[Node], index: usize) -> Self {
        let depth = nodes[index].depth;
        let mut follows = vec![false; depth];
        let mut lowest = depth + 1;
        for node in &nodes[index + 1..] {
            if node.depth < lowest {
                lowest = node.depth;
                if (1..=depth).contains(&lowest) {
                    follows[lowest - 1] = true;
                }
            }
        }
        let has_children = nodes.get(index + 1).is_some_and(|next| next.depth > depth);
        Self { follows, has_children }
    }

    fn before_text(&self) -> String {
        let Some((last, outer)) = self.follows.split_last() else { return String::new() };
        let outer: String = outer.iter().map(|follows| bar(*follows)).collect();
        format!("{outer}{}", if *last { "├─ " } else { "└─ " })
    }

    fn before_detail(&self) -> String {
        let outer: String = self.follows.iter().map(|follows| bar(*follows)).collect();
        format!("{outer}{}", bar(self.has_children))
    }
}

fn bar(follows: bool) -> &'static str {
    if follows { "│  " } else { "   " }
}

/// An instant for people.
fn at(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let ms = (seconds * 1000.0).round() as i64;
    instant(ms)
}

/// Seconds with a unit and three digits.
fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        _ if seconds >= 1.0 => (seconds, "s"),
        _ if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        _ => (seconds * 1e6, "µs"),
    };
    let decimals = match value {
        _ if value >= 100.0 || value.fract() == 0.0 => 0,
        _ if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$} {unit}")
}

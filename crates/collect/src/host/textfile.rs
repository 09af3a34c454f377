//! Metrics that other programs leave in files `*.prom`, in Prometheus' text format.

use super::Setup;
use super::round::{Collector, Round, read_once};
use crate::Error;
use exposition::{Event, Format, Parser};
use model::{Labels, LabelsBuilder, MetricKind};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

const ERROR: &str = "1 if there was an error opening or reading a file, 0 otherwise";
const MODIFIED: &str = "Unixtime mtime of textfiles successfully read.";

/// Directories that patterns may name, and files of one directory.
const PATHS_MAX: usize = 1000;

pub(super) struct Textfile {
    patterns: Vec<String>,
}

/// A family of one file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    name: String,
    kind: MetricKind,
    help: Option<String>,
    samples: Vec<(&'static str, Labels, f64)>,
}

impl Textfile {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        Self { patterns: setup.options.textfile_directories.clone() }
    }
}

/// Families of a file in the order of their names; a sample with a timestamp is refused, as the
/// file's age is that of its last writing.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Block>, Error> {
    let mut blocks: BTreeMap<String, Block> = BTreeMap::new();
    let mut parser = Parser::new(Format::Text, content);
    let mut labels = LabelsBuilder::default();
    loop {
        let invalid = |error: exposition::ParseError, line| {
            let message = error.to_string();
            Error::parse(line, "a line of the text format", message.as_bytes())
        };
        let event = parser.next_event().map_err(|error| invalid(error, parser.line()))?;
        let Some(event) = event else { break };
        match event {
            Event::Help { family, help } => {
                // An empty help is none.
                let help = Some(help.to_string()).filter(|help| !help.is_empty());
                block(&mut blocks, &family).help = help;
            }
            Event::Type { family, kind } => {
                block(&mut blocks, &family).kind = kind;
            }
            Event::Unit { .. } => {}
            Event::Sample(sample) => {
                let line = parser.line();
                if sample.timestamp.is_some() {
                    return Err(Error::parse(line, "no timestamp", sample.series));
                }
                parser.labels(&mut labels).map_err(|error| invalid(error, line))?;
                labels.remove(model::METRIC_NAME);
                let metric = parser.metric_name();
                let (family, suffix) = family_of(&blocks, &metric);
                let samples = &mut block(&mut blocks, family).samples;
                samples.push((suffix, labels.build(), sample.value));
            }
        }
    }
    Ok(blocks.into_values().filter(|block| !block.samples.is_empty()).collect())
}

fn block<'b>(blocks: &'b mut BTreeMap<String, Block>, name: &str) -> &'b mut Block {
    blocks.entry(name.to_owned()).or_insert_with(|| Block {
        name: name.to_owned(),
        kind: MetricKind::Unknown,
        help: None,
        samples: Vec::new(),
    })
}

/// Family and suffix of a metric: `x_count` belongs to `x` when that is a histogram or summary.
fn family_of<'a>(blocks: &BTreeMap<String, Block>, metric: &'a str) -> (&'a str, &'static str) {
    let parts = ["_bucket", "_sum", "_count"].into_iter();
    let part = parts.filter_map(|suffix| Some((metric.strip_suffix(suffix)?, suffix)));
    let is_composed = |(family, _): &(&str, &str)| {
        let kind = blocks.get(*family).map(|block| block.kind);
        matches!(kind, Some(MetricKind::Histogram | MetricKind::Summary))
    };
    part.into_iter().find(is_composed).unwrap_or((metric, ""))
}

/// Does a name match a pattern in which `*` stands for any text?
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

/// Directories that a pattern names; one without `*` names itself, there or not.
fn directories(round: &Round<'_>, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in Path::new(pattern).components() {
        let name = component.as_os_str().to_string_lossy();
        if !matches!(component, Component::Normal(_)) || !name.contains('*') {
            for path in &mut found {
                path.push(component);
            }
            continue;
        }
        let inside = |path: &PathBuf| {
            let names = round.host.list(path).unwrap_or_default();
            let wanted = names.into_iter().filter(|entry| matches(&name, entry));
            wanted.map(|entry| path.join(entry)).collect::<Vec<_>>()
        };
        found = found.iter().flat_map(inside).take(PATHS_MAX).collect();
    }
    if found.is_empty() { vec![pattern.into()] } else { found }
}

/// What one round found in all files.
#[derive(Default)]
struct Harvest {
    /// Families by file.
    blocks: Vec<(String, Block)>,
    helps: BTreeMap<String, String>,
    modified: Vec<(String, f64)>,
    failed: bool,
}

impl Harvest {
    fn directory(&mut self, round: &mut Round<'_>, dir: &Path) {
        let Ok(names) = round.host.list(dir) else {
            self.failed = true;
            return;
        };
        let is_wanted = |name: &&String| name.strip_suffix(".prom").is_some();
        for name in names.iter().filter(is_wanted).take(PATHS_MAX) {
            let path = dir.join(name);
            let content = read_once(round.host, &path, round.buffer);
            let blocks = content.and_then(|content| parse(content).map_err(|e| e.at(&path)));
            let shown = path.to_string_lossy().into_owned();
            match (blocks, round.host.modified(&path)) {
                (Ok(blocks), Ok(modified)) => {
                    for block in blocks {
                        self.block(&shown, block);
                    }
                    self.modified.push((shown, modified.seconds().trunc()));
                }
                (Err(_), _) | (_, Err(_)) => self.failed = true,
            }
        }
    }

    /// Takes a family in, unless an earlier file gave it another help text.
    fn block(&mut self, file: &str, block: Block) {
        if let Some(help) = &block.help {
            let known = self.helps.entry(block.name.clone()).or_insert_with(|| help.clone());
            if known != help {
                self.failed = true;
                return;
            }
        }
        self.blocks.push((file.to_owned(), block));
    }

    fn push(&self, round: &mut Round<'_>) {
        for (_, block) in &self.blocks {
            let help = self.helps.get(&block.name).cloned().unwrap_or_else(|| {
                let same = self.blocks.iter().filter(|(_, other)| other.name == block.name);
                let files: Vec<_> = same.map(|(file, _)| &**file).collect();
                format!("Metric read from {}", files.join(", "))
            });
            let family = round.out.declare(&block.name, block.kind, &help);
            for (suffix, labels, value) in &block.samples {
                round.out.push_part(family, suffix, labels, *value);
            }
        }
        for (file, modified) in &self.modified {
            let labels = Labels::from_pairs([("file", file)]);
            round.gauge("node_textfile_mtime_seconds", MODIFIED, &labels, *modified);
        }
        let failed = f64::from(u8::from(self.failed));
        round.gauge("node_textfile_scrape_error", ERROR, &Labels::empty(), failed);
    }
}

impl Collector for Textfile {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let mut harvest = Harvest::default();
        for pattern in &self.patterns {
            for dir in directories(round, pattern) {
                harvest.directory(round, &dir);
            }
        }
        harvest.push(round);
        Ok(())
    }
}

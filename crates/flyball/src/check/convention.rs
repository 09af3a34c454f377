//! Naming conventions of exposed metrics: what promtool's lint says, in its words, because people
//! grep for them. Source: Prometheus documentation, "Metric and label naming", "Writing exporters".

use commands::console::{Console, Verdict};
use commands::table::{Align, Table};
use exposition::{Event, Format, ParseError, Parser};
use model::{BUCKET_LABEL, LabelsBuilder, METRIC_NAME, MetricKind, QUANTILE_LABEL};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;

/// Units that names may end in, with the base unit to use instead.
const OTHER_UNITS: [(&str, &str); 14] = [
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("feet", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];
const BASE_UNITS: [&str; 12] = [
    "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "kelvins", "meters", "metres",
    "moles", "seconds", "volts",
];
const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mebi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
];
const ABBREVIATIONS: [&str; 14] =
    ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];

/// Lints a body of text 0.0.4.
pub(super) fn run(text: &str, extended: bool, console: &mut Console<'_>) -> io::Result<Verdict> {
    let families = match read(text) {
        Ok(families) => families,
        Err(error) => {
            console.complain(format_args!("error while linting: standard input, {error}"))?;
            return Ok(Verdict::Bad);
        }
    };
    if families.is_empty() {
        console.complain("error while linting: standard input holds no metrics")?;
        return Ok(Verdict::Bad);
    }
    let problems = problems(&families);
    for (metric, problem) in &problems {
        console.complain(format_args!("{metric} {problem}"))?;
    }
    if extended {
        console.say(cardinality(&families))?;
    }
    Ok(if problems.is_empty() { Verdict::Good } else { Verdict::Lint })
}

/// What the body says about a metric.
#[derive(Debug, Default)]
struct Family {
    kind: MetricKind,
    has_help: bool,
    labels: BTreeSet<String>,
    series: HashSet<String>,
    repeats: bool,
}

fn read(text: &str) -> Result<BTreeMap<String, Family>, ParseError> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut parser = Parser::new(Format::Text, text.as_bytes());
    let mut labels = LabelsBuilder::default();
    while let Some(event) = parser.next_event()? {
        match event {
            Event::Help { family, .. } => {
                families.entry(family.into_owned()).or_default().has_help = true;
            }
            Event::Type { family, kind } => {
                families.entry(family.into_owned()).or_default().kind = kind;
            }
            Event::Unit { .. } => {}
            Event::Sample(_) => {
                parser.labels(&mut labels)?;
                let name = parser.metric_name();
                let family = family_of(&name, &families).unwrap_or(&name).to_owned();
                let family = families.entry(family).or_default();
                let names = labels.iter().map(|(name, _)| name.to_owned());
                family.labels.extend(names.filter(|name| name != METRIC_NAME));
                family.repeats |= !family.series.insert(labels.build().to_string());
            }
        }
    }
    families.retain(|_, family| !family.series.is_empty());
    Ok(families)
}

/// The declared histogram or summary that a sample belongs to by its suffix.
fn family_of<'n>(name: &'n str, families: &BTreeMap<String, Family>) -> Option<&'n str> {
    ["_bucket", "_sum", "_count"].iter().find_map(|suffix| {
        let stem = name.strip_suffix(suffix)?;
        let kind = families.get(stem)?.kind;
        let is_parent = match kind {
            MetricKind::Histogram => true,
            MetricKind::Summary => *suffix != "_bucket",
            MetricKind::Unknown
            | MetricKind::Counter
            | MetricKind::Gauge
            | MetricKind::GaugeHistogram
            | MetricKind::Info
            | MetricKind::StateSet => false,
        };
        is_parent.then_some(stem)
    })
}

/// Metrics with what is wrong with them, sorted.
fn problems(families: &BTreeMap<String, Family>) -> BTreeSet<(&str, String)> {
    let mut found = BTreeSet::new();
    for (name, family) in families {
        for problem in of_family(name, family) {
            found.insert((name.as_str(), problem));
        }
    }
    found
}

fn of_family(name: &str, family: &Family) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |is_wrong: bool, problem: &str| {
        if is_wrong {
            found.push(problem.to_owned());
        }
    };
    note(!family.has_help, "no help text");
    note(family.repeats, "metric not unique");
    note(name.contains(':'), "metric names should not contain ':'");
    note(is_camel(name), "metric names should be written in 'snake_case' not 'camelCase'");
    note(
        family.labels.iter().any(|label| is_camel(label)),
        "label names should be written in 'snake_case' not 'camelCase'",
    );
    let words = || name.split('_').skip(1);
    note(
        words().any(|word| ABBREVIATIONS.contains(&word)),
        "metric names should not contain abbreviated units",
    );
    found.extend(of_kind(name, family));
    found.extend(foreign_unit(name));
    found
}

/// What depends on the declared kind; nothing is known about undeclared metrics.
fn of_kind(name: &str, family: &Family) -> Vec<String> {
    let mut found = Vec::new();
    if family.kind == MetricKind::Unknown {
        return found;
    }
    let is_counter = family.kind == MetricKind::Counter;
    let is_histogram = family.kind == MetricKind::Histogram;
    let is_summary = family.kind == MetricKind::Summary;
    let ends = |suffix: &str| name.ends_with(suffix);
    let mut note = |is_wrong: bool, problem: String| {
        if is_wrong {
            found.push(problem);
        }
    };
    note(is_counter && !ends("_total"), "counter metrics should have \"_total\" suffix".into());
    let stray = |who: &str, what: &str| format!("{who} metrics should not have \"{what}\"");
    note(!is_counter && ends("_total"), stray("non-counter", "_total") + " suffix");
    note(!is_histogram && ends("_bucket"), stray("non-histogram", "_bucket") + " suffix");
    for suffix in ["_count", "_sum"] {
        let is_wrong = !is_histogram && !is_summary && ends(suffix);
        note(is_wrong, stray("non-histogram and non-summary", suffix) + " suffix");
    }
    let has = |label: &str| family.labels.contains(label);
    note(!is_histogram && has(BUCKET_LABEL), stray("non-histogram", BUCKET_LABEL) + " label");
    note(!is_summary && has(QUANTILE_LABEL), stray("non-summary", QUANTILE_LABEL) + " label");
    let kind = family.kind.as_str();
    let lower = name.to_ascii_lowercase();
    let names_kind = lower.split('_').skip(1).any(|word| word == kind);
    note(names_kind, format!("metric name should not include type '{kind}'"));
    found
}

fn is_camel(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// The first word that is a unit but no base unit.
fn foreign_unit(name: &str) -> Option<String> {
    name.split('_').find_map(|word| {
        let base = base_unit(word).filter(|base| *base != word)?;
        Some(format!("use base unit \"{base}\" instead of \"{word}\""))
    })
}

fn base_unit(word: &str) -> Option<&'static str> {
    let bare = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix));
    [Some(word), bare].into_iter().flatten().find_map(|unit| {
        let base = BASE_UNITS.iter().find(|base| **base == unit).copied();
        let other = OTHER_UNITS.iter().find(|(other, _)| *other == unit);
        base.or(other.map(|(_, base)| *base))
    })
}

fn cardinality(families: &BTreeMap<String, Family>) -> Table {
    let total: usize = families.values().map(|family| family.series.len()).sum();
    let mut counts: Vec<(&str, usize)> =
        families.iter().map(|(name, family)| (name.as_str(), family.series.len())).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut table = Table::new(&[
        ("Metric", Align::Left),
        ("Cardinality", Align::Right),
        ("Percentage", Align::Right),
    ]);
    for (name, count) in counts {
        // Counts of series are far below 2^52, and only two digits are shown.
        #[expect(clippy::cast_precision_loss, reason = "explained above")]
        let percent = count as f64 / total as f64 * 100.0;
        table.row([name.to_owned(), count.to_string(), format!("{percent:.2}%")]);
    }
    table.row(["Total".to_owned(), total.to_string(), "100%".to_owned()]);
    table
}

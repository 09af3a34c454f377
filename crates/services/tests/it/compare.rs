//! Two pages side by side: names, types, help texts and label sets; values move between readings.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

/// What a page says, without values.
#[derive(Default)]
pub(crate) struct Shape {
    /// Type and help text by family.
    pub(crate) families: BTreeMap<String, (String, String)>,
    /// Names with their labels, sorted, numbers of `le` and `quantile` in one form.
    pub(crate) series: BTreeSet<String>,
    /// Values by series.
    pub(crate) values: BTreeMap<String, f64>,
}

impl Shape {
    pub(crate) fn of(page: &str) -> Self {
        let mut shape = Self::default();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap_or((rest, ""));
                help.clone_into(&mut shape.families.entry(name.to_owned()).or_default().1);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                kind.clone_into(&mut shape.families.entry(name.to_owned()).or_default().0);
            } else if !line.is_empty() {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let series = normalise(series);
                shape.values.insert(series.clone(), value.parse().unwrap());
                shape.series.insert(series);
            }
        }
        shape
    }

    /// The value of a series; `NaN` when it is not there.
    pub(crate) fn value(&self, series: &str) -> f64 {
        self.values.get(series).copied().unwrap_or(f64::NAN)
    }

    /// The value of the first series of a metric whose labels have a text in them.
    pub(crate) fn value_of(&self, metric: &str, text: &str) -> Option<f64> {
        let mut of = self.values.iter();
        let is_it =
            |series: &str| series.split('{').next() == Some(metric) && series.contains(text);
        of.find(|(series, _)| is_it(series)).map(|(_, value)| *value)
    }

    /// Is there such a series?
    pub(crate) fn has(&self, metric: &str, text: &str) -> bool {
        self.value_of(metric, text).is_some()
    }
}

fn normalise(series: &str) -> String {
    let Some((name, labels)) = series.split_once('{') else { return series.to_owned() };
    let labels = labels.strip_suffix('}').unwrap();
    let mut pairs: Vec<String> = Vec::new();
    let mut rest = labels;
    while let Some((label, after)) = rest.split_once("=\"") {
        let mut end = 0;
        while after.as_bytes()[end] != b'"' {
            end += 1 + usize::from(after.as_bytes()[end] == b'\\');
        }
        let mut value = after[..end].to_owned();
        if matches!(label, "le" | "quantile") {
            value = value.parse::<f64>().unwrap().to_string();
        }
        // A label without value is no label.
        if !value.is_empty() {
            pairs.push(format!("{label}=\"{value}\""));
        }
        rest = after[end + 1..].trim_start_matches(',');
    }
    pairs.sort();
    if pairs.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", pairs.join(",")) }
}

/// A difference that is right: beginning of a line of the difference, and why.
pub(crate) type Exception = (&'static str, &'static str);

/// Asserts that two pages differ in nothing but the exceptions.
pub(crate) fn assert_same(ours: &Shape, theirs: &Shape, exceptions: &[Exception]) {
    let mut lines = Vec::new();
    for (name, (kind, help)) in &theirs.families {
        match ours.families.get(name) {
            None => lines.push(format!("{name} is missing")),
            Some((own, _)) if own != kind => lines.push(format!("{name} is {own}, not {kind}")),
            Some((_, own)) if own != help => {
                lines.push(format!("{name} says {own:?}, not {help:?}"));
            }
            Some(_) => {}
        }
    }
    let of_missing = |series: &str| {
        let name = series.split('{').next().unwrap();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let is_missing =
            |name: &str| theirs.families.contains_key(name) && !ours.families.contains_key(name);
        is_missing(name) || family.is_some_and(is_missing)
    };
    let gone = theirs.series.difference(&ours.series).filter(|series| !of_missing(series));
    lines.extend(gone.map(|series| format!("{series} is missing")));
    let more = ours.series.difference(&theirs.series);
    lines.extend(more.map(|series| format!("{series} is more")));
    let is_known = |line: &String| exceptions.iter().any(|(start, _)| line.starts_with(start));
    let unknown: Vec<&String> = lines.iter().filter(|line| !is_known(line)).collect();
    assert!(unknown.is_empty(), "{} differences:\n{unknown:#?}", unknown.len());
    assert!(theirs.series.len() > 5, "only {} series are compared", theirs.series.len());
}

//! Files of rule unit tests, in the format of `promtool test rules` (Prometheus 3.14,
//! `cmd/promtool/unittest.go`). Series, expressions and labels stay text: who runs the tests parses
//! them and says what is wrong in upstream's words.

use crate::read::{Reader, Section};
use crate::{Error, Loaded, Outside};
use model::Labels;
use std::time::Duration;

const INTERVAL_DEFAULT: Duration = Duration::from_mins(1);

/// A file of rule unit tests.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RuleTestFile {
    /// Rule files, joined with the directory of the file; the last part may be a pattern.
    pub rule_files: Vec<String>,
    /// Time between two evaluations; a minute by default.
    pub evaluation_interval: Duration,
    /// Names of groups in the order of their evaluation; others come with the first.
    pub group_eval_order: Vec<String>,
    /// Floats that are neighbours count as equal.
    pub fuzzy_compare: bool,
    /// Tests, each with data of its own.
    pub tests: Vec<RuleTest>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RuleTest {
    /// Name, may be empty.
    pub name: String,
    /// Time between two samples of the input; by default that between evaluations.
    pub interval: Duration,
    /// Instant of the first sample and evaluation as written: RFC 3339 or Unix seconds; absent: 0.
    pub start: Option<String>,
    /// Samples.
    pub input: Vec<InputSeries>,
    /// `$externalLabels` of templates.
    pub external_labels: Labels,
    /// `$externalURL` of templates.
    pub external_url: String,
    /// What fires.
    pub alerts: Vec<AlertTest>,
    /// What queries answer.
    pub queries: Vec<QueryTest>,
}

/// A series in the notation of promqltest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSeries {
    /// `up{job="a"}`
    pub series: String,
    /// `1+1x5 _ stale`
    pub values: String,
}

/// Firing alerts of a name at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertTest {
    /// Time since the start.
    pub at: Duration,
    /// Name of the alert.
    pub alert: String,
    /// All alerts of that name that fire.
    pub expected: Vec<ExpectedAlert>,
}

/// An alert, `alertname` left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedAlert {
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// Annotations.
    pub annotations: Vec<(String, String)>,
}

/// The answer of an instant query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryTest {
    /// Query.
    pub expr: String,
    /// Time since the start.
    pub at: Duration,
    /// The whole answer, in any order.
    pub expected: Vec<ExpectedSample>,
}

/// A sample of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedSample {
    /// Labels in PromQL's notation, may be empty.
    pub labels: String,
    /// Value, unless there is a histogram.
    pub value: f64,
    /// Histogram in the notation of promqltest; empty: none.
    pub histogram: String,
}

/// Reads a file of rule unit tests.
///
/// # Errors
/// Everything that is wrong with it; unknown keys are wrong.
pub fn load(path: &str, text: &str) -> Result<Loaded<RuleTestFile>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, &[])?;
    let file = reader.section(&root, "").map(read_file);
    reader.finish(file.unwrap_or_default(), &root)
}

fn read_file(section: Section<'_>) -> RuleTestFile {
    let interval = section.duration("evaluation_interval").filter(|time| !time.is_zero());
    let evaluation_interval = interval.unwrap_or(INTERVAL_DEFAULT);
    let files = section.texts("rule_files").unwrap_or_default();
    let order = section.texts("group_eval_order").unwrap_or_default();
    for (index, name) in order.iter().enumerate() {
        if order[..index].contains(name) {
            let message = format!("group name repeated in evaluation order: {name}");
            section.problem("group_eval_order", message);
        }
    }
    let read = |node| section.reader.section(node, "tests");
    let tests = section.items("tests").iter().filter_map(read);
    let file = RuleTestFile {
        rule_files: files.iter().map(|file| section.reader.join_directory(file)).collect(),
        evaluation_interval,
        group_eval_order: order,
        fuzzy_compare: section.flag("fuzzy_compare").unwrap_or(false),
        tests: tests.map(|test| read_test(test, evaluation_interval)).collect(),
    };
    section.finish();
    file
}

fn read_test(section: Section<'_>, evaluation_interval: Duration) -> RuleTest {
    let interval = section.duration("interval").filter(|time| !time.is_zero());
    let external = section.text_map("external_labels", "tests.external_labels");
    let test = RuleTest {
        name: section.text("name").unwrap_or_default(),
        interval: interval.unwrap_or(evaluation_interval),
        start: section.filled("start_timestamp"),
        input: read_all(&section, "input_series", read_input),
        external_labels: Labels::from_pairs(external.iter().map(|(name, value)| (name, value))),
        external_url: section.text("external_url").unwrap_or_default(),
        alerts: read_all(&section, "alert_rule_test", read_alert_test),
        queries: read_all(&section, "promql_expr_test", read_query_test),
    };
    section.finish();
    test
}

/// Reads the sections of a list.
fn read_all<T>(
    section: &Section<'_>,
    key: &'static str,
    read: impl Fn(&Section<'_>) -> T,
) -> Vec<T> {
    let mut all = Vec::new();
    for node in section.items(key) {
        if let Some(item) = section.reader.section(node, key) {
            all.push(read(&item));
            item.finish();
        }
    }
    all
}

fn read_input(section: &Section<'_>) -> InputSeries {
    let text = |key| section.text(key).unwrap_or_default();
    InputSeries { series: text("series"), values: text("values") }
}

fn read_alert_test(section: &Section<'_>) -> AlertTest {
    let at = section.duration("eval_time").unwrap_or_default();
    let alert = section.text("alertname").unwrap_or_default();
    if alert.is_empty() {
        section.problem("alertname", "an item of `alert_rule_test` needs an `alertname`");
    }
    let expected = read_all(section, "exp_alerts", |section| ExpectedAlert {
        labels: section.text_map("exp_labels", "exp_labels"),
        annotations: section.text_map("exp_annotations", "exp_annotations"),
    });
    AlertTest { at, alert, expected }
}

fn read_query_test(section: &Section<'_>) -> QueryTest {
    let expected = read_all(section, "exp_samples", |section| ExpectedSample {
        labels: section.text("labels").unwrap_or_default(),
        value: section.float("value").unwrap_or_default(),
        histogram: section.text("histogram").unwrap_or_default(),
    });
    let at = section.duration("eval_time").unwrap_or_default();
    QueryTest { expr: section.text("expr").unwrap_or_default(), at, expected }
}

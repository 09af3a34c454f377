//! Runs the rule groups of one test on its samples, from the start to the last instant asked for.
//! Samples appear when their time has come, so that nothing looks into the future.

use crate::evaluate::elements;
use commands::ask::instant_ms;
use commands::features::Features;
use config::rule_tests::{RuleTest, RuleTestFile};
use model::{Timestamp, Value};
use promql::parse_series;
use promql::series::{SeriesDescription, SeriesHistogram};
use query::{
    Cancel, Engine, EngineOptions, MatrixSeries, MemoryQuerier, Query, QueryError, QueryOutput,
    QueryValue,
};
use rules::{
    AlertState, Effect, Elements, Event, Group, GroupOptions, GroupSpec, QueryAnswer, RuleSpec,
    Surroundings, last_for_states,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A sample that comes later.
type Coming = (Timestamp, model::Labels, Value);

/// Groups, samples and the virtual clock.
pub(super) struct Stage {
    engine: Engine,
    syntax: promql::ParserOptions,
    store: MemoryQuerier,
    coming: VecDeque<Coming>,
    groups: Vec<Group>,
    start: Timestamp,
    evaluation_interval: Duration,
    ends_after: Duration,
    /// What was handed to routing.
    #[cfg(test)]
    sent: Vec<rules::SentAlert>,
}

impl Stage {
    pub(super) fn new(
        file: &RuleTestFile,
        test: &RuleTest,
        groups: Vec<GroupSpec>,
        features: &Features,
    ) -> Result<Self, String> {
        let start = match &test.start {
            Some(text) => Timestamp::from_ms(instant_ms(text)?),
            None => Timestamp::from_ms(0),
        };
        let around = Surroundings {
            external_labels: test.external_labels.clone(),
            external_url: test.external_url.clone(),
            alert_relabel: Vec::new(),
        };
        let options = GroupOptions {
            syntax: features.syntax,
            around: Arc::new(around),
            ..GroupOptions::default()
        };
        let mut engine =
            EngineOptions { default_step: file.evaluation_interval, ..EngineOptions::default() };
        features.apply(&mut engine);
        let asked = test.alerts.iter().map(|case| case.at);
        let asked = asked.chain(test.queries.iter().map(|case| case.at));
        Ok(Self {
            engine: Engine::new(engine),
            syntax: features.syntax,
            store: MemoryQuerier::new(),
            coming: coming(test, start)?,
            groups: groups.into_iter().map(|spec| Group::new(spec, options.clone())).collect(),
            start,
            evaluation_interval: file.evaluation_interval,
            ends_after: asked.max().unwrap_or_default(),
            #[cfg(test)]
            sent: Vec::new(),
        })
    }

    /// Evaluates all groups again and again; `look` is called after each round with the time since
    /// the start. A rule that fails ends the play.
    pub(super) fn play(
        &mut self,
        mut look: impl FnMut(Duration, &Self),
    ) -> Result<(), Vec<String>> {
        let mut since_start = Duration::ZERO;
        while since_start <= self.ends_after {
            let at = self.start.saturating_add(since_start);
            while self.coming.front().is_some_and(|(due, ..)| *due <= at) {
                let Some((due, labels, value)) = self.coming.pop_front() else { break };
                self.store.push(&labels, due, value);
            }
            self.store.note_resets();
            let errors = self.round(at, since_start);
            if !errors.is_empty() {
                return Err(errors);
            }
            look(since_start, self);
            since_start += self.evaluation_interval;
        }
        Ok(())
    }

    /// Does the round `at` show what a test at `asked` sees? It sees the last one before.
    pub(super) fn shows(&self, at: Duration, asked: Duration) -> bool {
        at <= asked && asked < at + self.evaluation_interval
    }

    /// Labels and annotations of the alerts of a name that fire.
    pub(super) fn firing(&self, alert: &str) -> Vec<&rules::ActiveAlert> {
        let rules = self.groups.iter().flat_map(Group::rules);
        let rules = rules
            .filter(|(spec, ..)| matches!(spec, RuleSpec::Alerting(_)) && spec.name() == alert);
        let alerts = rules.flat_map(|(.., alerts)| alerts);
        alerts.filter(|alert| alert.state == AlertState::Firing).collect()
    }

    /// The answer of a query, so long after the start.
    pub(super) fn ask(&self, text: &str, after: Duration) -> Result<Elements, String> {
        let expr = promql::parse_with(text, &self.syntax).map_err(|error| error.to_string())?;
        let at = self.start.saturating_add(after);
        self.answer(Query { expr: &expr, text }, at)
    }

    fn answer(&self, query: Query<'_>, at: Timestamp) -> Result<Elements, String> {
        let text = query.text;
        let output = self.engine.instant(&self.store, query, at, &Cancel::new());
        elements(output, text)
    }

    /// All samples up to the end, in the words of promtool's `--debug`.
    pub(super) fn dump(&self) -> String {
        // An instant between two seconds cannot be a range: up to the next whole one.
        let length = Duration::from_secs(self.ends_after.as_secs() + 1);
        let time = go_duration(length);
        let text = format!("{{__name__=~\".+\"}}[{time}]");
        let expr = match promql::parse_with(&text, &self.syntax) {
            Ok(expr) => expr,
            Err(error) => return format!("DEBUG: Failed querying, expr: {text:?}, err: {error}"),
        };
        let (query, at) = (Query { expr: &expr, text: &text }, self.start.saturating_add(length));
        match self.engine.instant(&self.store, query, at, &Cancel::new()) {
            Err(error) => format!("DEBUG: Failed query exec, expr: {text:?}, err: {error}"),
            Ok(QueryOutput { value: QueryValue::Matrix(all), .. }) => {
                let shown: Vec<String> = all.iter().map(shown_series).collect();
                let head = format!("DEBUG: Dump of all data (input_series and rules) at {time}:");
                format!("{head}\n{}", shown.join("\n"))
            }
            Ok(_) => format!("DEBUG: {text:?} gave no matrix"),
        }
    }

    /// One evaluation of all groups; gives what went wrong.
    fn round(&mut self, at: Timestamp, since_start: Duration) -> Vec<String> {
        let mut errors = Vec::new();
        for index in 0..self.groups.len() {
            self.step(index, Event::Tick { at, monotonic: since_start });
            for (spec, status, _) in self.groups[index].rules() {
                if let Some(error) = &status.last_error {
                    let time = go_duration(at.since(Timestamp::from_ms(0)));
                    let name = spec.name();
                    errors.push(format!("    rule: {name}, time: {time}, err: {error}"));
                }
            }
        }
        errors
    }

    fn step(&mut self, index: usize, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let mut effects = Vec::new();
            self.groups[index].step(event, &mut effects);
            for effect in effects {
                match effect {
                    Effect::Query { query, at } => {
                        let (expr, text) = (&query.expr, query.text.as_str());
                        let result = self.answer(Query { expr, text }, at);
                        next = Some(Event::Answer(QueryAnswer { result, took: Duration::ZERO }));
                    }
                    Effect::Restore { matchers, from, until } => {
                        let states = last_for_states(&self.store, &matchers, from, until);
                        next = Some(Event::Restored(states));
                    }
                    Effect::Append { samples, at } => {
                        for (labels, value) in samples {
                            self.store.push(&labels, at, value);
                        }
                    }
                    #[cfg(test)]
                    Effect::Alerts(alerts) => self.sent.extend(alerts),
                    // Who is told and what is logged is not what these tests are about; errors
                    // are read from the rules.
                    #[cfg(not(test))]
                    Effect::Alerts(_) => {}
                    Effect::Remember(_) | Effect::Failed { .. } | Effect::Done => {}
                }
            }
        }
    }
}

/// All samples of the input, by time. Of a series that is described twice the last description
/// counts, as in promtool.
fn coming(test: &RuleTest, start: Timestamp) -> Result<VecDeque<Coming>, String> {
    let mut described = Vec::new();
    for input in &test.input {
        let text = format!("{} {}", input.series, input.values);
        let series = parse_series(&text).map_err(|error| format!("{text}: {error}"))?;
        described.retain(|(_, known): &(String, SeriesDescription)| known.labels != series.labels);
        described.push((text, series));
    }
    let mut store = MemoryQuerier::new();
    for (text, series) in described {
        store
            .load(&series, start, test.interval)
            .map_err(|error: QueryError| format!("{text}: {error}"))?;
    }
    let rows = store.rows().map(|(labels, at, value, _)| (at, labels.clone(), value.clone()));
    let mut rows: Vec<Coming> = rows.collect();
    rows.sort_by_key(|(at, ..)| *at);
    Ok(rows.into())
}

/// A series as upstream prints it.
fn shown_series(series: &MatrixSeries) -> String {
    let point = |(at, value): &(Timestamp, Value)| {
        let value = match value {
            Value::Float(value) => model::go_decimal(*value),
            Value::Histogram(histogram) => {
                let histogram = Arc::clone(histogram);
                SeriesHistogram { histogram, hint_written: false }.to_string()
            }
        };
        format!("{value} @[{}]", at.ms())
    };
    let points: Vec<String> = series.points.iter().map(point).collect();
    format!("{} =>\n{}", series.labels, points.join("\n"))
}

/// As Go prints a duration: `0s`, `1m30s`, `24h0m0s`, `1.5s`.
fn go_duration(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    if seconds == 0 && millis > 0 {
        return format!("{millis}ms");
    }
    let fraction = if millis == 0 {
        String::new()
    } else {
        format!(".{millis:03}").trim_end_matches('0').to_owned()
    };
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}{fraction}s"),
        (0, _) => format!("{minutes}m{rest}{fraction}s"),
        (_, _) => format!("{hours}h{minutes}m{rest}{fraction}s"),
    }
}

#[cfg(test)]
mod compliance;
#[cfg(test)]
mod conformance;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_as_in_go() {
        let cases = [(0, "0s"), (5, "5ms"), (90_000, "1m30s"), (1_500, "1.5s")];
        for (ms, text) in cases {
            assert_eq!(go_duration(Duration::from_millis(ms)), text);
        }
        assert_eq!(go_duration(Duration::from_hours(24)), "24h0m0s");
    }
}

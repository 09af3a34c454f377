//! Runs promqltest scripts: stores their samples, evaluates their queries, compares the answers.
//! Semantics: Prometheus 3.14, `promql/promqltest/test.go`; an instant eval must also pass as a
//! range query around its instant and, with `@` on its selectors, at other instants.
//! Callers: the tests of this crate and `flyball test promql`; both bring a store.

mod annotations;
mod compare;
mod load;
mod nhcb;
#[cfg(test)]
mod tests;
mod variant;

use crate::{
    Cancel, Engine, EngineOptions, MemoryQuerier, Query, QueryError, QueryOutput, QueryValue,
    StepRange,
};
use model::{Querier, Timestamp};
use promql::script::{CommandKind, Eval, EvalTime, Outcome, Script};
use promql::{ParseError, ParserOptions, format_duration, parse_with};
use std::time::Duration;
use variant::Variant;

/// What is switched on while a script runs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Limits and features of evaluation.
    pub engine: EngineOptions,
    /// Features of the language.
    pub syntax: ParserOptions,
}

impl Options {
    /// What upstream's own runner switches on, and what its scripts are therefore written for.
    pub fn upstream() -> Self {
        let engine = EngineOptions {
            delayed_name_removal: true,
            use_start_timestamps: true,
            ..EngineOptions::default()
        };
        Self { engine, syntax: ParserOptions::ALL }
    }
}

/// Where the samples of a script are kept. Errors are sentences.
pub trait Store {
    /// Forgets all samples.
    fn clear(&mut self) -> Result<(), String>;

    /// Stores the samples of one `load` besides those that are there.
    fn load(&mut self, samples: MemoryQuerier) -> Result<(), String>;

    /// Answers the evals.
    fn querier(&self) -> &dyn Querier;
}

impl Store for MemoryQuerier {
    fn clear(&mut self) -> Result<(), String> {
        Self::clear(self);
        Ok(())
    }

    fn load(&mut self, samples: MemoryQuerier) -> Result<(), String> {
        self.extend(samples);
        Ok(())
    }

    fn querier(&self) -> &dyn Querier {
        self
    }
}

/// What became of the evals of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Evals that passed in every form.
    pub passed: usize,
    /// Evals that did not, in the order of the script.
    pub failures: Vec<Failure>,
}

/// An eval that did not pass; only the first form that failed is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Line of the eval in the script, from 1.
    pub line: usize,
    /// The query as written.
    pub query: String,
    /// How it was evaluated, when that was not as written: `as a range query around 5m`.
    pub form: Option<String>,
    /// What differs; at least one.
    pub differences: Vec<Difference>,
}

/// Something that was expected and what was found in its place, in the notation of scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// From the script.
    pub expected: String,
    /// From the engine.
    pub found: String,
}

impl Difference {
    fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }
}

/// A script whose samples cannot be stored, so that nothing below that line means anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct ScriptError {
    /// Line in the script, from 1.
    pub line: usize,
    /// Why.
    pub message: String,
}

/// Runs all commands of a script, beginning with an empty store.
///
/// ```
/// use query::script::{Options, run};
/// let script = "load 1m\n  up 1 1 0\n\neval instant at 2m up\n  up 1\n";
/// let script = promql::script::parse_script(script)?;
/// let report = run(&script, &Options::upstream(), &mut query::MemoryQuerier::new())?;
/// assert_eq!((report.passed, report.failures[0].line), (0, 4));
/// assert_eq!(report.failures[0].differences[0].found, "{__name__=\"up\"} 0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(
    script: &Script,
    options: &Options,
    store: &mut dyn Store,
) -> Result<Report, ScriptError> {
    let runner = Runner { engine: Engine::new(options.engine.clone()), syntax: options.syntax };
    let mut report = Report::default();
    store.clear().map_err(|message| ScriptError { line: 1, message })?;
    for command in &script.commands {
        let line = command.line;
        let failed = |message| ScriptError { line, message };
        match &command.kind {
            CommandKind::Clear => store.clear().map_err(failed)?,
            CommandKind::Load(load) => store.load(load::samples(load)?).map_err(failed)?,
            CommandKind::Eval(eval) => match runner.eval(eval, store.querier()) {
                Ok(()) => report.passed += 1,
                Err(Mismatch { form, differences }) => {
                    let query = eval.query.clone();
                    report.failures.push(Failure { line, query, form, differences });
                }
            },
        }
    }
    Ok(report)
}

/// An answer that is not as expected.
struct Mismatch {
    form: Option<String>,
    differences: Vec<Difference>,
}

impl From<Vec<Difference>> for Mismatch {
    fn from(differences: Vec<Difference>) -> Self {
        Self { form: None, differences }
    }
}

impl From<Difference> for Mismatch {
    fn from(difference: Difference) -> Self {
        vec![difference].into()
    }
}

impl Mismatch {
    fn in_form(self, form: impl FnOnce() -> Option<String>) -> Self {
        Self { form: self.form.or_else(form), ..self }
    }
}

struct Runner {
    engine: Engine,
    syntax: ParserOptions,
}

impl Runner {
    fn eval(&self, eval: &Eval, querier: &dyn Querier) -> Result<(), Mismatch> {
        let expr = match parse_with(&eval.query, &self.syntax) {
            Ok(expr) => expr,
            Err(error) => return refused(eval, &error),
        };
        match eval.time {
            EvalTime::Range { start_ms, end_ms, step_ms } => {
                let text = &eval.query;
                let query = Query { expr: &expr, text };
                let grid = (start_ms, end_ms, step_ms);
                let output = self.range(querier, query, grid);
                let Some(output) = annotations::expected(eval, output)? else { return Ok(()) };
                compare::range(&eval.outcome, &output.value, grid)
            }
            EvalTime::Instant { at_ms } => {
                let at = match eval.outcome {
                    Outcome::RangeVector { end_ms, .. } => end_ms,
                    Outcome::Scalar(_) | Outcome::String(_) | Outcome::Series(_) => at_ms,
                };
                let written = Variant { text: eval.query.clone(), at };
                let pinned = variant::with_at(&expr, at);
                let mut variants = std::iter::once(written.clone()).chain(pinned);
                variants.try_for_each(|variant| {
                    let form = || (variant != written).then(|| variant.to_string());
                    self.instant(eval, &variant, querier).map_err(|m| m.in_form(form))
                })
            }
        }
    }

    /// One form of an instant eval, and the same as a range query.
    fn instant(
        &self,
        eval: &Eval,
        variant: &Variant,
        querier: &dyn Querier,
    ) -> Result<(), Mismatch> {
        let Variant { text, at } = variant;
        let expr = match parse_with(text, &self.syntax) {
            Ok(expr) => expr,
            Err(error) => return Err(Difference::new("a query that parses", shown(&error)).into()),
        };
        let query = Query { expr: &expr, text };
        let output = self.engine.instant(querier, query, Timestamp::from_ms(*at), &Cancel::new());
        let Some(output) = annotations::expected(eval, output)? else { return Ok(()) };
        compare::instant(eval, &output.value)?;
        if !is_comparable_as_range(eval, text) {
            return Ok(());
        }
        let around = self.around(eval, query, *at, (querier, &output.value));
        around.map_err(|mismatch| {
            mismatch.in_form(|| {
                let at = format_duration(*at);
                Some(if *text == eval.query {
                    format!("as a range query around {at}")
                } else {
                    format!("as `{text}` in a range query around {at}")
                })
            })
        })
    }

    /// The instant as the middle step of a range query.
    fn around(
        &self,
        eval: &Eval,
        query: Query<'_>,
        at: i64,
        (querier, instant): (&dyn Querier, &QueryValue),
    ) -> Result<(), Mismatch> {
        const MINUTE: i64 = 60_000;
        let output = self
            .range(querier, query, (at - MINUTE, at + MINUTE, MINUTE))
            .map_err(|error| Difference::new("the same answer", format!("error: {error}")))?;
        if eval.expect.ordered {
            // A matrix is always sorted by labels.
            return Ok(());
        }
        compare::middle(eval, &output.value, at, matches!(instant, QueryValue::Scalar { .. }))
    }

    fn range(
        &self,
        querier: &dyn Querier,
        query: Query<'_>,
        (start_ms, end_ms, step_ms): (i64, i64, i64),
    ) -> Result<QueryOutput, QueryError> {
        let steps = StepRange {
            start: Timestamp::from_ms(start_ms),
            end: Timestamp::from_ms(end_ms),
            step: Duration::from_millis(step_ms.unsigned_abs()),
        };
        self.engine.range(querier, query, &steps, &Cancel::new())
    }
}

/// What `start()` and the like give depends on the range that is asked for.
fn is_comparable_as_range(eval: &Eval, text: &str) -> bool {
    let by_kind = match eval.outcome {
        Outcome::Scalar(_) | Outcome::Series(_) => true,
        Outcome::String(_) | Outcome::RangeVector { .. } => false,
    };
    by_kind && !["start()", "end()", "range()", "step()"].iter().any(|call| text.contains(call))
}

/// A query that does not parse: an error as any other, compared with and without its place.
fn refused(eval: &Eval, error: &ParseError) -> Result<(), Mismatch> {
    match &eval.expect.fail {
        Some(text) if text.matches(&error.to_string()) || text.matches(error.message()) => Ok(()),
        Some(text) => Err(Difference::new(format!("error: {text}"), shown(error)).into()),
        None => Err(Difference::new("an answer", shown(error)).into()),
    }
}

fn shown(error: &ParseError) -> String {
    let hint = error.suggestion().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("error: {error}{hint}")
}

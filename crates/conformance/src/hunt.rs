//! The hunt for differences between Flyball's engine over the real storage and the oracle.
//! A round has one seed: its data, then its questions, all follow from it.

use crate::dataset::{Shape, generate};
use crate::generate::{Language, Questions};
use crate::oracle::{self, Semantics};
use crate::question::{Question, Time};
use crate::shrink::{Case, shrink};
use crate::{Answer, Exactness, Store, script};
use model::{Querier, Timestamp};
use promql::{Expr, ParserOptions, parse_with};
use query::{Cancel, Engine, EngineOptions, StepRange};
use std::time::Duration;
use sys::sim::SimRng;

/// How often tiny errors are tried on an answer that differs: a tie of a few may fall the same way
/// several times.
const NOISES: u64 = 32;

/// Cases that are tried at most for shrinking one.
const TRIES_MAX: usize = 3_000;

/// What became of the questions of a hunt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Questions asked.
    pub asked: usize,
    /// Of these: both sides refused to answer.
    pub refused: usize,
    /// Of these: both answered with nothing.
    pub empty: usize,
    /// Of these: the answer hangs on the last bits of some sum; not counted as agreement.
    pub unstable: usize,
    /// Of these: the oracle does not know a part of the query; not counted as agreement.
    pub unknown: usize,
}

impl Tally {
    /// Adds the counts of another tally.
    pub fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.refused += other.refused;
        self.empty += other.empty;
        self.unstable += other.unstable;
        self.unknown += other.unknown;
    }

    /// Questions to which both sides gave the same answer.
    pub fn agreed(&self) -> usize {
        self.asked - self.unstable - self.unknown
    }
}

/// What a comparison says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same answer.
    Same,
    /// The same, and both are errors.
    Refused,
    /// The same, and both are empty.
    Empty,
    /// Different, but the oracle itself answers differently when sums are off by 1e-13.
    Unstable,
    /// The oracle cannot say.
    Unknown,
    /// Different.
    Different(String),
}

/// Asks the engine.
pub fn ask(querier: &dyn Querier, options: &EngineOptions, expr: &Expr, time: &Time) -> Answer {
    let engine = Engine::new(options.clone());
    let output = match *time {
        Time::Instant { at_ms } => {
            engine.instant(querier, expr, Timestamp::from_ms(at_ms), &Cancel::new())
        }
        Time::Range { start_ms, end_ms, step_ms } => {
            let steps = StepRange {
                start: Timestamp::from_ms(start_ms),
                end: Timestamp::from_ms(end_ms),
                step: Duration::from_millis(step_ms.unsigned_abs()),
            };
            engine.range(querier, expr, &steps, &Cancel::new())
        }
    };
    output.into()
}

/// Compares an answer with the oracle's.
pub fn judge(
    contents: &crate::dataset::Contents,
    semantics: &Semantics,
    (expr, time): (&Expr, &Time),
    found: &Answer,
    exactness: Exactness,
) -> Verdict {
    let expected = oracle::answer(contents, semantics, expr, time);
    if matches!(expected, Answer::Unknown(_)) {
        return Verdict::Unknown;
    }
    let sorted = matches!(&expr.kind, promql::ExprKind::Call(call) if is_sort(call.function.name));
    let differs = |a: &Answer, b: &Answer| {
        if sorted { exactness.difference_in_order(a, b) } else { exactness.difference(a, b) }
    };
    let Some(difference) = differs(&expected, found) else {
        return match found {
            Answer::Error(_) => Verdict::Refused,
            Answer::Vector(elements) if elements.is_empty() => Verdict::Empty,
            Answer::Matrix(rows) if rows.is_empty() => Verdict::Empty,
            _ => Verdict::Same,
        };
    };
    for seed in 1..=NOISES {
        let noisy = Semantics { noise: Some(seed), ..semantics.clone() };
        if differs(&expected, &oracle::answer(contents, &noisy, expr, time)).is_some() {
            return Verdict::Unstable;
        }
    }
    Verdict::Different(format!("{difference}\noracle:\n{expected}found:\n{found}"))
}

fn is_sort(name: &str) -> bool {
    matches!(name, "sort" | "sort_desc")
}

/// One round of the hunt: data and questions of a seed. A difference comes as a script.
pub fn round(seed: u64, questions: usize) -> Result<Tally, String> {
    let mut random = SimRng::new(seed);
    let shape = Shape::default();
    let feed = generate(&mut random, &shape);
    let delayed = random.coin();
    let store = Store::fill(&feed, seed).map_err(|error| format!("seed {seed}: {error}"))?;
    let mut tally = Tally::default();
    let mut source = Questions::new(&mut random, Language::Full, shape.base_ms, shape.span_ms);
    for number in 0..questions {
        let question = source.next_question();
        tally.asked += 1;
        match verdict(&store, delayed, &question) {
            Verdict::Same => {}
            Verdict::Refused => tally.refused += 1,
            Verdict::Empty => tally.empty += 1,
            Verdict::Unstable => tally.unstable += 1,
            Verdict::Unknown => tally.unknown += 1,
            Verdict::Different(_) => {
                let case = Case { feed: feed.clone(), question };
                let place = format!("seed {seed}, question {number}");
                return Err(report(case, seed, delayed, &place));
            }
        }
    }
    Ok(tally)
}

fn verdict(store: &Store, delayed: bool, question: &Question) -> Verdict {
    let expr = match parse_with(&question.query, &ParserOptions::ALL) {
        Ok(expr) => expr,
        Err(error) => return Verdict::Different(format!("does not parse: {error}")),
    };
    let options = EngineOptions { delayed_name_removal: delayed, ..EngineOptions::default() };
    let semantics = Semantics { delayed_name_removal: delayed, ..Semantics::default() };
    let found = ask(store.querier(), &options, &expr, &question.time);
    let asked = (&expr, &question.time);
    judge(store.contents(), &semantics, asked, &found, Exactness::MODEL)
}

/// Shrinks a case that differs and shows what is left.
fn report(case: Case, seed: u64, delayed: bool, place: &str) -> String {
    let judge = |case: &Case| {
        let store = Store::fill(&case.feed, seed).ok()?;
        match verdict(&store, delayed, &case.question) {
            Verdict::Different(difference) => Some(difference),
            _ => None,
        }
    };
    let asked = case.question.query.clone();
    let small = shrink(case, TRIES_MAX, &mut |case| judge(case).is_some());
    let difference = judge(&small).unwrap_or_else(|| "gone after shrinking".to_owned());
    let names = if delayed { "at the end" } else { "at once" };
    format!(
        "# {place}; names are dropped {names}; asked: {asked}\n{}# {}",
        script::render(&small.feed, &small.question),
        difference.replace('\n', "\n# ")
    )
}

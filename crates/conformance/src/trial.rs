//! The trial: Flyball's engine and Prometheus 2.42 get the same questions about the same samples.
//! Where they differ, the oracle must know why: it agrees with Flyball as it is, and with the
//! witness once changes since 2.42 are undone.

use crate::answer::Answer;
use crate::changes::Change;
use crate::dataset::{Contents, Feed, Sample, Shape, generate};
use crate::generate::{Language, Questions};
use crate::hunt::{Verdict, ask, judge};
use crate::oracle::{self, Semantics};
use crate::question::Question;
use crate::shrink::{Case, shrink, shrink_question};
use crate::{Api, Exactness, Store, Witness, script};
use model::Labels;
use promql::{Expr, ParserOptions, parse_with};
use query::EngineOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use sys::sim::SimRng;

/// Distance of the data of two rounds, so that no window of one reaches the other.
const ROUND_MS: i64 = 3 * 3_600_000;
/// Questions that are tried for shrinking one, over the data that the witness has.
const QUESTIONS_MAX: usize = 2_000;
/// Witnesses that are started for shrinking the data.
const WITNESSES_MAX: usize = 120;

/// What became of the questions of a trial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Questions asked.
    pub asked: usize,
    /// Of these: both refused to answer.
    pub refused: usize,
    /// Of these: both answered with nothing.
    pub empty: usize,
    /// Of these: the answers differ, and the oracle says which changes since 2.42 are the reason;
    /// a question counts for each of them.
    pub explained: BTreeMap<Change, usize>,
    /// Number of questions with such a difference.
    pub explained_total: usize,
    /// Of these: the answer hangs on the last bits of some sum; not counted as agreement.
    pub unstable: usize,
}

impl Outcome {
    /// Adds the counts of another outcome.
    pub fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.refused += other.refused;
        self.empty += other.empty;
        self.explained_total += other.explained_total;
        self.unstable += other.unstable;
        for (change, count) in &other.explained {
            *self.explained.entry(*change).or_default() += count;
        }
    }
}

/// Why two answers differ.
enum Reason {
    Changes(BTreeSet<Change>),
    Unstable,
    Unexplained(String),
}

/// One round: data of a seed at a place of their own on the witness' time line, then questions.
/// A difference without explanation comes as a script; `folder` takes the witnesses that shrink it.
pub fn round(
    witness: &Witness,
    (program, folder): (&Path, &Path),
    (number, seed): (u32, u64),
    questions: usize,
) -> Result<Outcome, String> {
    let mut random = SimRng::new(seed);
    let base_ms = i64::from(number) * ROUND_MS;
    let shape = Shape { base_ms, histograms: false, ..Shape::default() };
    let feed = generate(&mut random, &shape);
    let store = Store::fill(&feed, seed).map_err(|error| format!("seed {seed}: {error}"))?;
    witness.api().write(&stored(&feed, store.contents()))?;
    let mut outcome = Outcome::default();
    let mut source = Questions::new(&mut random, Language::Shared, base_ms, shape.span_ms);
    for index in 0..questions {
        let question = source.next_question();
        outcome.asked += 1;
        let theirs = witness.api().ask(&question)?;
        let (expr, ours) = engine(&store, &question)?;
        let Some(difference) = Exactness::WITNESS.difference(&theirs, &ours) else {
            match ours {
                Answer::Error(_) => outcome.refused += 1,
                Answer::Vector(elements) if elements.is_empty() => outcome.empty += 1,
                Answer::Matrix(rows) if rows.is_empty() => outcome.empty += 1,
                _ => {}
            }
            continue;
        };
        match reason(store.contents(), (&expr, &question), (&theirs, &ours)) {
            Reason::Unstable => outcome.unstable += 1,
            Reason::Changes(changes) => {
                outcome.explained_total += 1;
                for change in changes {
                    *outcome.explained.entry(change).or_default() += 1;
                }
            }
            Reason::Unexplained(why) => {
                let case = Case { feed, question };
                let place = format!("seed {seed}, round {number}, question {index}: {difference}");
                return Err(report(case, (witness, program, folder), &format!("{place}\n{why}")));
            }
        }
    }
    Ok(outcome)
}

/// Samples that the store kept, in the order of their arrival.
fn stored<'f>(feed: &'f Feed, contents: &Contents) -> Vec<&'f Sample> {
    let mut kept: BTreeMap<&Labels, &crate::dataset::Points> = BTreeMap::new();
    kept.extend(contents.iter());
    let mut sent = BTreeSet::new();
    let is_kept = |sample: &&Sample| {
        let points = kept.get(&sample.labels);
        let value = points.and_then(|points| points.get(&sample.at_ms));
        value.is_some_and(|value| value.bits_eq(&sample.value))
    };
    let fresh = feed.samples().filter(is_kept);
    fresh.filter(|sample| sent.insert((&sample.labels, sample.at_ms))).collect()
}

fn engine(store: &Store, question: &Question) -> Result<(Expr, Answer), String> {
    let expr = parse_with(&question.query, &ParserOptions::default())
        .map_err(|error| format!("{}: {error}", question.query))?;
    let options = EngineOptions { delayed_name_removal: false, ..EngineOptions::default() };
    let answer = ask(store.querier(), &options, &expr, &question.time);
    Ok((expr, answer))
}

/// Why the witness' answer is not Flyball's.
fn reason(
    contents: &Contents,
    (expr, question): (&Expr, &Question),
    (theirs, ours): (&Answer, &Answer),
) -> Reason {
    let asked = (expr, &question.time);
    let now = Semantics::default();
    match judge(contents, &now, asked, ours, Exactness::WITNESS) {
        Verdict::Different(why) => return Reason::Unexplained(format!("Flyball: {why}")),
        Verdict::Unstable => return Reason::Unstable,
        Verdict::Unknown => return Reason::Unexplained("unknown to the oracle".to_owned()),
        Verdict::Same | Verdict::Refused | Verdict::Empty => {}
    }
    let then = Semantics::witness();
    match judge(contents, &then, asked, theirs, Exactness::WITNESS) {
        Verdict::Different(why) => return Reason::Unexplained(format!("the witness: {why}")),
        Verdict::Unstable => return Reason::Unstable,
        Verdict::Unknown => return Reason::Unexplained("unknown to the oracle".to_owned()),
        Verdict::Same | Verdict::Refused | Verdict::Empty => {}
    }
    // A change is a reason when the witness would answer otherwise with it.
    let mut reasons = BTreeSet::new();
    for change in Change::ALL {
        let mut semantics = Semantics::witness();
        semantics.old.remove(change);
        let answer = oracle::answer(contents, &semantics, expr, &question.time);
        if Exactness::WITNESS.difference(theirs, &answer).is_some() {
            reasons.insert(*change);
        }
    }
    if reasons.is_empty() {
        return Reason::Unexplained("the oracle sees no difference".to_owned());
    }
    Reason::Changes(reasons)
}

/// Shrinks the question over the data that are there, then the data with fresh witnesses.
fn report(case: Case, (witness, program, folder): (&Witness, &Path, &Path), place: &str) -> String {
    let asked = case.question.query.clone();
    let differs = |api: &Api, case: &Case| -> Option<bool> {
        let store = Store::fill(&case.feed, 1).ok()?;
        let theirs = api.ask(&case.question).ok()?;
        let (expr, ours) = engine(&store, &case.question).ok()?;
        let different = Exactness::WITNESS.difference(&theirs, &ours).is_some();
        let answers = (&theirs, &ours);
        Some(
            different && {
                let reason = reason(store.contents(), (&expr, &case.question), answers);
                matches!(reason, Reason::Unexplained(_))
            },
        )
    };
    let api = witness.api();
    let small =
        shrink_question(case, QUESTIONS_MAX, &mut |case| differs(api, case).unwrap_or(false));
    let mut started = 0;
    let small = shrink(small, WITNESSES_MAX, &mut |case| {
        started += 1;
        let folder = folder.join(format!("shrink-{started}"));
        let differs = || {
            std::fs::create_dir(&folder).ok()?;
            let witness = Witness::start(program, &folder).ok()?;
            let contents = Contents::of(&case.feed);
            witness.api().write(&stored(&case.feed, &contents)).ok()?;
            differs(witness.api(), case)
        };
        differs().unwrap_or(false)
    });
    let script = script::render(&small.feed, &small.question);
    format!("# {}; asked: {asked}\n{script}", place.replace('\n', "\n# "))
}

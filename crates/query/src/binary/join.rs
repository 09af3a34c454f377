//! Two vectors: series find each other by signature; `group_left` and `group_right` allow many on
//! one side, `fill` stands in for who is missing. Errors carry upstream's texts.

use super::element::{ElementNotes, combine as combine_pair};
use crate::QueryError;
use crate::account::Held;
use crate::column::{Bits, Cell, Column, Row, Steps};
use crate::evaluate::{Evaluator, is_reserved};
use crate::signature::{IndexMap, Signature};
use model::{Labels, Value};
use promql::ast::{BinaryExpr, Cardinality, Expr, VectorMatching};

/// The labels that must be equal.
pub(super) fn signature(matching: &VectorMatching) -> Signature<'_> {
    if matching.on {
        Signature::Only(&matching.labels)
    } else {
        Signature::Without(&matching.labels)
    }
}

/// Series of both sides that share a signature.
#[derive(Default)]
struct Match {
    many: Vec<usize>,
    one: Vec<usize>,
}

/// One join of two vectors. `one` is the side on which a signature must be unique.
struct Join<'a> {
    binary: &'a BinaryExpr,
    matching: &'a VectorMatching,
    many: &'a [Row],
    one: &'a [Row],
    /// `group_right`: the many side is the right one.
    swapped: bool,
    fill_one: Option<f64>,
    fill_many: Option<f64>,
    steps: Steps,
}

/// Applies an arithmetic, comparison or trim operator.
pub(super) fn combine(
    evaluator: &mut Evaluator<'_>,
    expr: &Expr,
    binary: &BinaryExpr,
    [left, right]: [Vec<Row>; 2],
    steps: Steps,
) -> Result<Vec<Row>, QueryError> {
    let none = VectorMatching::default();
    let matching = binary.matching.as_ref().unwrap_or(&none);
    let swapped = matching.cardinality == Cardinality::OneToMany;
    let join = Join {
        binary,
        matching,
        many: if swapped { &right } else { &left },
        one: if swapped { &left } else { &right },
        swapped,
        // Upstream exchanges the sides for `group_right`, but not the fill values.
        fill_one: matching.fill_right,
        fill_many: matching.fill_left,
        steps,
    };
    join.run(evaluator, expr)
}

impl Join<'_> {
    fn run(&self, evaluator: &mut Evaluator<'_>, expr: &Expr) -> Result<Vec<Row>, QueryError> {
        evaluator.says(|| self.describe());
        let (signatures, matches) = self.matches();
        evaluator.hold(Held::groups(signatures.iter()))?;
        self.check_unique(&signatures, &matches)?;
        let mut out = Output { known: IndexMap::default(), rows: Vec::new() };
        for (signature, found) in signatures.iter().zip(&matches) {
            evaluator.tick(self.steps.count)?;
            let mut state = Matched::new(self.steps.count);
            self.run_match(evaluator, expr, signature, found, (&mut state, &mut out))?;
        }
        Ok(out.rows.into_iter().filter(|row| row.column.present().any()).collect())
    }

    fn describe(&self) -> String {
        let how = match self.matching.cardinality {
            Cardinality::OneToOne => "joins one series with one",
            Cardinality::ManyToOne => "joins many series on the left with one on the right",
            Cardinality::OneToMany => "joins one series on the left with many on the right",
            Cardinality::ManyToMany => "joins many series with many",
        };
        format!("{how}, by {}", signature(self.matching).describe())
    }

    /// Signatures in the order of the many side, then those only the one side has.
    fn matches(&self) -> (Vec<Labels>, Vec<Match>) {
        let signature = signature(self.matching);
        let mut known = IndexMap::default();
        let mut signatures = Vec::new();
        let mut matches: Vec<Match> = Vec::new();
        for (rows, is_many) in [(self.many, true), (self.one, false)] {
            for (index, row) in rows.iter().enumerate() {
                let labels = signature.of(&row.labels);
                let at = *known.entry(labels).or_insert_with_key(|labels| {
                    signatures.push(labels.clone());
                    matches.push(Match::default());
                    matches.len() - 1
                });
                let side = if is_many { &mut matches[at].many } else { &mut matches[at].one };
                side.push(index);
            }
        }
        (signatures, matches)
    }

    /// A signature may appear only once on the one side, at every step at which anything can match.
    fn check_unique(&self, signatures: &[Labels], matches: &[Match]) -> Result<(), QueryError> {
        let mut active = union(self.one, self.steps.count);
        let many = union(self.many, self.steps.count);
        if self.fill_one.is_none() && self.fill_many.is_none() {
            active.keep(&many);
        } else {
            active.add(&many);
        }
        for (signature, found) in signatures.iter().zip(matches) {
            let mut seen = Bits::zeroes(self.steps.count);
            for (position, index) in found.one.iter().enumerate() {
                let mut present = self.one[*index].column.present().clone();
                present.keep(&active);
                if seen.intersects(&present) {
                    let earlier = found.one[..position]
                        .iter()
                        .find(|earlier| self.one[**earlier].column.present().intersects(&present));
                    let earlier = earlier.copied().unwrap_or(*index);
                    return Err(self.duplicate(signature, earlier, *index));
                }
                seen.add(&present);
            }
        }
        Ok(())
    }

    fn duplicate(&self, signature: &Labels, first: usize, second: usize) -> QueryError {
        let side = if self.swapped { "left" } else { "right" };
        let (first, second) = (&self.one[first].labels, &self.one[second].labels);
        QueryError::execution(format!(
            "found duplicate series for the match group {signature} on the {side} hand-side of the \
             operation: [{first}, {second}];many-to-many matching not allowed: matching labels \
             must be unique on one side"
        ))
    }

    fn run_match(
        &self,
        evaluator: &mut Evaluator<'_>,
        expr: &Expr,
        signature: &Labels,
        found: &Match,
        (state, out): (&mut Matched, &mut Output),
    ) -> Result<(), QueryError> {
        let mut one_there = Bits::zeroes(self.steps.count);
        // A pair for which the operator is not defined has not met: it may still be filled.
        let mut met = Bits::zeroes(self.steps.count);
        found.one.iter().for_each(|index| one_there.add(self.one[*index].column.present()));
        for index in &found.many {
            let many = &self.many[*index];
            for one in found.one.iter().map(|index| &self.one[*index]) {
                let mut both = many.column.present().clone();
                both.keep(one.column.present());
                let pair = (&many.labels, &one.labels);
                let cells = |step| (many.column.get(step), one.column.get(step));
                met.add(&self.run_pair(evaluator, expr, (pair, &both, &cells), (state, out))?);
            }
            if let Some(fill) = self.fill_one {
                let mut alone = many.column.present().clone();
                alone.remove(&one_there);
                let cells = |step| (many.column.get(step), Cell::Float(fill));
                let pair = (&many.labels, signature);
                self.run_pair(evaluator, expr, (pair, &alone, &cells), (state, out))?;
            }
        }
        let Some(fill) = self.fill_many else { return Ok(()) };
        for one in found.one.iter().map(|index| &self.one[*index]) {
            let mut alone = one.column.present().clone();
            alone.remove(&met);
            let cells = |step| (Cell::Float(fill), one.column.get(step));
            let pair = (signature, &one.labels);
            self.run_pair(evaluator, expr, (pair, &alone, &cells), (state, out))?;
        }
        Ok(())
    }

    /// All steps at which two series (or a series and a fill value) meet; returns those at which
    /// the operator is defined for them.
    fn run_pair(
        &self,
        evaluator: &mut Evaluator<'_>,
        expr: &Expr,
        ((many, one), steps, cells): PairSteps<'_, '_>,
        (state, out): (&mut Matched, &mut Output),
    ) -> Result<Bits, QueryError> {
        evaluator.tick(1)?;
        let mut done = Bits::zeroes(self.steps.count);
        if !steps.any() {
            return Ok(done);
        }
        let labels = self.result_labels(evaluator, many, one);
        // Besides the row, what has matched is kept, a bit a step.
        let row = Held::steps(self.steps.count)
            .and(Held::labels(&labels))
            .and(Held::bytes(self.steps.count / 8));
        evaluator.hold(row)?;
        let mut column = Column::absent(self.steps.count);
        let op = self.binary.op;
        let mut notes = ElementNotes { annotations: &mut evaluator.notes, place: expr.place, op };
        for step in (0..self.steps.count).filter(|step| steps.get(*step)) {
            let (many, one) = cells(step);
            let (left, right) = if self.swapped { (one, many) } else { (many, one) };
            let Some((point, keep)) = combine_pair(op, left, right, &mut notes) else { continue };
            done.set(step);
            if self.binary.return_bool {
                column.set(step, Value::Float(f64::from(u8::from(keep))));
            } else if keep {
                column.set(step, point);
            }
        }
        evaluator.hold(Held::histograms_of(&column))?;
        state.claim(self.matching.cardinality, &labels, &done)?;
        let merged = out.add(labels, self.binary.return_bool, column)?;
        if merged {
            evaluator.release(Held::steps(self.steps.count));
        }
        Ok(done)
    }

    fn result_labels(&self, evaluator: &Evaluator<'_>, many: &Labels, one: &Labels) -> Labels {
        let drop = super::changes_metric(self.binary.op)
            || (self.binary.return_bool && !evaluator.options.delayed_name_removal);
        let one_to_one = self.matching.cardinality == Cardinality::OneToOne;
        let listed = |name: &str| self.matching.labels.iter().any(|label| label == name);
        let labels = many.without(|name| {
            (drop && is_reserved(name)) || (one_to_one && listed(name) != self.matching.on)
        });
        if self.matching.include.is_empty() {
            return labels;
        }
        let mut builder = labels.to_builder();
        for name in &self.matching.include {
            builder.set(name, one.value(name));
        }
        builder.build()
    }
}

/// Labels of both, steps at which they meet, and their cells there.
type PairSteps<'p, 'c> =
    ((&'p Labels, &'p Labels), &'p Bits, &'p dyn Fn(usize) -> (Cell<'c>, Cell<'c>));

fn union(rows: &[Row], steps: usize) -> Bits {
    let mut bits = Bits::zeroes(steps);
    for row in rows {
        bits.add(row.column.present());
    }
    bits
}

/// What has matched already within one signature.
struct Matched {
    known: IndexMap,
    steps: Vec<Bits>,
    count: usize,
}

impl Matched {
    fn new(count: usize) -> Self {
        Self { known: IndexMap::default(), steps: Vec::new(), count }
    }

    /// Marks the steps of a result; fails when it was there before.
    fn claim(
        &mut self,
        cardinality: Cardinality,
        labels: &Labels,
        steps: &Bits,
    ) -> Result<(), QueryError> {
        let one_to_one = cardinality == Cardinality::OneToOne;
        // One to one: at most one result per signature, whatever its labels.
        let key = if one_to_one { Labels::empty() } else { labels.clone() };
        let next = self.steps.len();
        let at = *self.known.entry(key).or_insert(next);
        if at == next {
            self.steps.push(Bits::zeroes(self.count));
        }
        if self.steps[at].intersects(steps) {
            return Err(QueryError::execution(if one_to_one {
                "multiple matches for labels: many-to-one matching must be explicit \
                 (group_left/group_right)"
            } else {
                "multiple matches for labels: grouping labels must ensure unique matches"
            }));
        }
        self.steps[at].add(steps);
        Ok(())
    }
}

/// Results by their labels.
struct Output {
    known: IndexMap,
    rows: Vec<Row>,
}

impl Output {
    /// Adds a result; true when it joined one that was there.
    fn add(&mut self, labels: Labels, drop_name: bool, column: Column) -> Result<bool, QueryError> {
        let row = Row::new(labels, drop_name, column);
        if let Some(at) = self.known.get(&row.labels) {
            if self.rows[*at].merge(&row) {
                return Ok(true);
            }
            return Err(QueryError::same_labels());
        }
        self.known.insert(row.labels.clone(), self.rows.len());
        self.rows.push(row);
        Ok(false)
    }
}

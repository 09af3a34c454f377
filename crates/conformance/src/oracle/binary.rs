//! Binary operators: which elements meet, and what becomes of a pair.

use super::sparse::Sparse;
use super::trim::{Keep, trim};
use super::{Element, Operand, Oracle, Point, Refusal, fails};
use crate::changes::Change;
use model::{Labels, METRIC_NAME};
use promql::ast::{BinaryExpr, BinaryOp, Cardinality, VectorMatching};
use std::collections::{BTreeMap, BTreeSet};

impl Oracle<'_> {
    /// Powers and angles are rounded differently by every mathematical library.
    fn of_floats(&self, op: BinaryOp, a: f64, b: f64) -> f64 {
        let value = of_scalars(op, a, b);
        if matches!(op, BinaryOp::Pow | BinaryOp::Atan2) { self.rounded(value) } else { value }
    }

    pub(super) fn binary(&self, binary: &BinaryExpr, times: &[i64]) -> Result<Operand, Refusal> {
        let (left, right) = (self.eval(&binary.left, times)?, self.eval(&binary.right, times)?);
        match (left, right) {
            (Operand::Scalar(left), Operand::Scalar(right)) => {
                let pairs = left.into_iter().zip(right);
                let values = pairs.map(|(a, b)| self.of_floats(binary.op, a, b));
                Ok(Operand::Scalar(values.collect()))
            }
            (Operand::Vector(steps), Operand::Scalar(values)) => {
                self.with_scalar(binary, steps, &values, |element, number| (element, number))
            }
            (Operand::Scalar(values), Operand::Vector(steps)) => {
                self.with_scalar(binary, steps, &values, |element, number| (number, element))
            }
            (Operand::Vector(left), Operand::Vector(right)) => {
                let mut steps = Vec::new();
                for (left, right) in left.into_iter().zip(right) {
                    steps.push(if binary.op.is_set_operator() {
                        of_sets(binary, left, right)
                    } else {
                        self.join(binary, left, right)?
                    });
                }
                self.checked(steps)
            }
            (Operand::Text(_), _) | (_, Operand::Text(_)) => Err(fails("a string")),
        }
    }

    fn with_scalar(
        &self,
        binary: &BinaryExpr,
        mut steps: Vec<Vec<Element>>,
        values: &[f64],
        order: impl Fn(Point, Point) -> (Point, Point),
    ) -> Result<Operand, Refusal> {
        for (elements, number) in steps.iter_mut().zip(values) {
            let mut kept = Vec::new();
            for mut element in elements.drain(..) {
                let (a, b) = order(element.value.clone(), Point::Float(*number));
                let Some((mut value, keep)) = self.of_points(binary.op, &a, &b) else { continue };
                if binary.op.is_comparison() {
                    value = element.value.clone();
                }
                if binary.return_bool {
                    value = Point::Float(f64::from(u8::from(keep)));
                } else if !keep {
                    continue;
                }
                element.value = value;
                if binary.return_bool || self.makes_another_metric(binary.op) {
                    self.drop_name(&mut element);
                }
                kept.push(element);
            }
            *elements = kept;
        }
        self.checked(steps)
    }

    /// Elements of the "many" side, each with its partner on the "one" side.
    fn join(
        &self,
        binary: &BinaryExpr,
        left: Vec<Element>,
        right: Vec<Element>,
    ) -> Result<Vec<Element>, Refusal> {
        let none = VectorMatching::default();
        let matching = binary.matching.as_ref().unwrap_or(&none);
        // Upstream exchanges the sides for `group_right`, but not the fill values.
        let (many_fill, one_fill) = (matching.fill_left, matching.fill_right);
        let nobody = left.is_empty() || right.is_empty();
        let nothing = left.is_empty() && right.is_empty();
        if nothing || (nobody && many_fill.is_none() && one_fill.is_none()) {
            return Ok(Vec::new());
        }
        let swapped = matching.cardinality == Cardinality::OneToMany;
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        let mut partners: BTreeMap<Labels, &Element> = BTreeMap::new();
        for element in &one {
            if partners.insert(signature(matching, &element.labels), element).is_some() {
                return Err(fails("found duplicate series for the match group"));
            }
        }
        let mut join = Join { oracle: self, binary, matching, swapped, met: BTreeMap::new() };
        let mut out = Vec::new();
        for element in &many {
            let signature = signature(matching, &element.labels);
            if let Some(partner) = partners.get(&signature) {
                out.extend(join.meet(element, partner, signature)?);
            } else if let Some(fill) = one_fill {
                let partner = stand_in(&signature, fill);
                out.extend(join.meet(element, &partner, signature)?);
            }
        }
        for (signature, element) in partners {
            if let Some(fill) = many_fill.filter(|_| !join.met.contains_key(&signature)) {
                out.extend(join.meet(&stand_in(&signature, fill), element, signature)?);
            }
        }
        Ok(out)
    }

    /// Is the result another metric than the left side?
    fn makes_another_metric(&self, op: BinaryOp) -> bool {
        let keeps_name = op == BinaryOp::Atan2 && self.semantics.is_old(Change::NameOfAtan2);
        !op.is_comparison() && !is_trim(op) && !keeps_name
    }

    /// Value of a pair, and whether a comparison lets it pass; `None`: not defined for these kinds.
    fn of_points(&self, op: BinaryOp, a: &Point, b: &Point) -> Option<(Point, bool)> {
        let histogram = |histogram: Sparse| {
            Some((Point::Histogram(histogram.compact().map(|value| self.rounded(value))), true))
        };
        match (a, b) {
            (Point::Float(a), Point::Float(b)) => match op {
                BinaryOp::TrimLower | BinaryOp::TrimUpper => None,
                op if op.is_comparison() => Some((Point::Float(*a), compares(op, *a, *b))),
                op => Some((Point::Float(self.of_floats(op, *a, *b)), true)),
            },
            (Point::Float(a), Point::Histogram(b)) => match op {
                BinaryOp::Mul => histogram(b.clone().times(*a)),
                _ => None,
            },
            (Point::Histogram(a), Point::Float(b)) => match op {
                BinaryOp::Mul => histogram(a.clone().times(*b)),
                BinaryOp::Div => histogram(a.clone().over(*b)),
                BinaryOp::TrimUpper => histogram(trim(a, *b, Keep::Below)),
                BinaryOp::TrimLower => histogram(trim(a, *b, Keep::Above)),
                _ => None,
            },
            (Point::Histogram(a), Point::Histogram(b)) => match op {
                BinaryOp::Add => histogram(a.plus(b).ok()?),
                BinaryOp::Sub => {
                    let mut difference = a.minus(b).ok()?;
                    difference.hint = model::CounterReset::Gauge;
                    histogram(difference)
                }
                BinaryOp::Equal => Some((Point::Histogram(a.clone()), a.is_same(b))),
                BinaryOp::NotEqual => Some((Point::Histogram(a.clone()), !a.is_same(b))),
                _ => None,
            },
        }
    }
}

/// A join at one instant.
struct Join<'j> {
    oracle: &'j Oracle<'j>,
    binary: &'j BinaryExpr,
    matching: &'j VectorMatching,
    swapped: bool,
    /// Results by the signature of their parents.
    met: BTreeMap<Labels, BTreeSet<Labels>>,
}

impl Join<'_> {
    fn meet(
        &mut self,
        many: &Element,
        one: &Element,
        signature: Labels,
    ) -> Result<Option<Element>, Refusal> {
        let (a, b) = if self.swapped { (one, many) } else { (many, one) };
        let op = self.binary.op;
        let Some((mut value, keep)) = self.oracle.of_points(op, &a.value, &b.value) else {
            return Ok(None);
        };
        if self.binary.return_bool {
            value = Point::Float(f64::from(u8::from(keep)));
        }
        let passes = keep || self.binary.return_bool;
        if !passes && self.oracle.semantics.is_old(Change::FilteredPairsCount) {
            return Ok(None);
        }
        let labels = self.labels(&many.labels, &one.labels);
        let is_first = !self.met.contains_key(&signature);
        let is_new = self.met.entry(signature).or_default().insert(labels.clone());
        if self.matching.cardinality == Cardinality::OneToOne && !is_first {
            return Err(fails("multiple matches for labels: many-to-one matching"));
        }
        if !is_new {
            return Err(fails("multiple matches for labels: grouping labels"));
        }
        let drop_name = self.binary.return_bool;
        Ok(passes.then_some(Element { labels, drop_name, value }))
    }

    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let at_once = !self.oracle.semantics.delayed_name_removal && self.binary.return_bool;
        let mut labels = if self.oracle.makes_another_metric(self.binary.op) || at_once {
            super::without_name(many)
        } else {
            many.clone()
        };
        if self.matching.cardinality == Cardinality::OneToOne {
            let named = |name: &str| self.matching.labels.iter().any(|label| label == name);
            labels = labels.without(|name| named(name) != self.matching.on);
        }
        let mut builder = labels.to_builder();
        for name in &self.matching.include {
            builder.set(name, one.value(name));
        }
        builder.build()
    }
}

/// What elements of both sides must have in common.
fn signature(matching: &VectorMatching, labels: &Labels) -> Labels {
    let named = |name: &str| matching.labels.iter().any(|label| label == name);
    if matching.on {
        labels.without(|name| !named(name))
    } else {
        labels.without(|name| name == METRIC_NAME || named(name))
    }
}

fn stand_in(signature: &Labels, fill: f64) -> Element {
    Element { labels: signature.clone(), drop_name: false, value: Point::Float(fill) }
}

fn of_sets(binary: &BinaryExpr, left: Vec<Element>, right: Vec<Element>) -> Vec<Element> {
    let none = VectorMatching::default();
    let matching = binary.matching.as_ref().unwrap_or(&none);
    let of = |elements: &[Element]| -> BTreeSet<Labels> {
        elements.iter().map(|element| signature(matching, &element.labels)).collect()
    };
    let (lefts, rights) = (of(&left), of(&right));
    let in_right = |element: &Element| rights.contains(&signature(matching, &element.labels));
    let in_left = |element: &Element| lefts.contains(&signature(matching, &element.labels));
    match binary.op {
        BinaryOp::And => left.into_iter().filter(in_right).collect(),
        BinaryOp::Unless => left.into_iter().filter(|element| !in_right(element)).collect(),
        _ => {
            let others = right.into_iter().filter(|element| !in_left(element));
            left.into_iter().chain(others.collect::<Vec<_>>()).collect()
        }
    }
}

fn is_trim(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::TrimLower | BinaryOp::TrimUpper)
}

fn of_scalars(op: BinaryOp, a: f64, b: f64) -> f64 {
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
        BinaryOp::Mod => a % b,
        BinaryOp::Pow => a.powf(b),
        BinaryOp::Atan2 => a.atan2(b),
        op => f64::from(u8::from(compares(op, a, b))),
    }
}

fn compares(op: BinaryOp, a: f64, b: f64) -> bool {
    match op {
        BinaryOp::Equal => a == b,
        BinaryOp::NotEqual => a != b,
        BinaryOp::Greater => a > b,
        BinaryOp::Less => a < b,
        BinaryOp::GreaterOrEqual => a >= b,
        _ => a <= b,
    }
}

//! Functions of instant vectors, scalars and strings.

use super::quantile::{self, Classic};
use super::{
    Element, Operand, Oracle, Point, Refusal, Sparse, calendar, fails, math, range, unnamed,
};
use crate::changes::Change;
use model::{BUCKET_LABEL, Labels, LabelsBuilder, METRIC_NAME, MatchOp, Pattern};
use promql::ast::{Call, Expr, ExprKind, MatrixSelector};
use std::collections::{BTreeMap, BTreeSet};

type Steps = Vec<Vec<Element>>;

impl Oracle<'_> {
    pub(super) fn call(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        if let Some(range) = range::range_argument(call) {
            return self.call_over_range(call, range, times);
        }
        let name = call.function.name;
        if let Some((function, rounds)) = math::function(name) {
            return self.each_float(&call.args[0], times, |_, value| {
                let value = function(value);
                if rounds { self.rounded(value) } else { value }
            });
        }
        if calendar::part(name, 0.0).is_some() {
            return self.date(call, times);
        }
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let constant = |value: f64| Ok(Operand::Scalar(vec![value; times.len()]));
        match name {
            "time" => Ok(Operand::Scalar(times.iter().map(|at| seconds(*at)).collect())),
            "pi" => constant(std::f64::consts::PI),
            "start" => constant(seconds(self.start)),
            "end" => constant(seconds(self.end)),
            "step" => constant(seconds(self.step)),
            "range" => constant(seconds(self.end - self.start)),
            "min_of" => self.of_two(call, times, math::lesser),
            "max_of" => self.of_two(call, times, math::greater),
            "scalar" => self.only_one(call, times),
            "vector" => {
                let values = self.scalar(&call.args[0], times)?.into_iter();
                Ok(Operand::Vector(values.map(|value| vec![unnamed(value)]).collect()))
            }
            "clamp" | "clamp_min" | "clamp_max" => self.clamp(call, times),
            "round" => {
                let multiples = match call.args.get(1) {
                    Some(arg) => self.scalar(arg, times)?,
                    None => vec![1.0; times.len()],
                };
                self.each_float(&call.args[0], times, |step, value| {
                    math::round(value, multiples[step])
                })
            }
            "timestamp" => self.timestamp(&call.args[0], times),
            "absent" => self.absent(&call.args[0], times),
            "sort" | "sort_desc" => self.sort(call, times),
            "sort_by_label" | "sort_by_label_desc" => {
                self.vector(&call.args[0], times).map(Operand::Vector)
            }
            "label_replace" => self.label_replace(call, times),
            "label_join" => self.label_join(call, times),
            _ => self.histogram_call(call, times),
        }
    }

    fn of_two(
        &self,
        call: &Call,
        times: &[i64],
        function: fn(f64, f64) -> f64,
    ) -> Result<Operand, Refusal> {
        let (a, b) = (self.scalar(&call.args[0], times)?, self.scalar(&call.args[1], times)?);
        let both = a.into_iter().zip(b);
        Ok(Operand::Scalar(both.map(|(a, b)| function(a, b)).collect()))
    }

    /// A function of the floats of a vector; histograms are left out.
    fn each_float(
        &self,
        expr: &Expr,
        times: &[i64],
        function: impl Fn(usize, f64) -> f64,
    ) -> Result<Operand, Refusal> {
        self.each(expr, times, |step, point| match point {
            Point::Float(value) => Some(function(step, *value)),
            Point::Histogram(_) => None,
        })
    }

    /// A function that makes a float of some elements.
    fn each(
        &self,
        expr: &Expr,
        times: &[i64],
        function: impl Fn(usize, &Point) -> Option<f64>,
    ) -> Result<Operand, Refusal> {
        let mut steps = self.vector(expr, times)?;
        for (step, elements) in steps.iter_mut().enumerate() {
            let mut kept = Vec::new();
            for mut element in elements.drain(..) {
                if let Some(value) = function(step, &element.value) {
                    element.value = Point::Float(value);
                    self.drop_name(&mut element);
                    kept.push(element);
                }
            }
            *elements = kept;
        }
        self.checked(steps)
    }

    fn date(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let name = call.function.name;
        let part = |seconds: f64| calendar::part(name, seconds).unwrap_or(f64::NAN);
        if let Some(arg) = call.args.first() {
            return self.each_float(arg, times, |_, value| part(value));
        }
        let now = times.iter().map(|at| vec![unnamed(part((at / 1000) as f64))]);
        Ok(Operand::Vector(now.collect()))
    }

    fn only_one(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let steps = self.vector(&call.args[0], times)?;
        let value = |elements: &Vec<Element>| {
            let floats: Vec<f64> = elements.iter().filter_map(|e| e.value.float()).collect();
            if let [only] = floats[..] { only } else { f64::NAN }
        };
        Ok(Operand::Scalar(steps.iter().map(value).collect()))
    }

    fn clamp(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let bound = |index: usize| self.scalar(&call.args[index], times);
        let always = |value: f64| vec![value; times.len()];
        let (low, high) = match call.function.name {
            "clamp_min" => (bound(1)?, always(f64::INFINITY)),
            "clamp_max" => (always(f64::NEG_INFINITY), bound(1)?),
            _ => (bound(1)?, bound(2)?),
        };
        self.each(&call.args[0], times, |step, point| {
            let is_empty = high[step] < low[step];
            point.float().filter(|_| !is_empty).map(|v| math::clamp(v, low[step], high[step]))
        })
    }

    /// When the samples were taken; for anything but a selector, the instant of evaluation.
    fn timestamp(&self, expr: &Expr, times: &[i64]) -> Result<Operand, Refusal> {
        if let ExprKind::Vector(selector) = &expr.without_parens().kind {
            let mut steps = self.select_times(selector, times)?;
            steps.iter_mut().flatten().for_each(|element| self.drop_name(element));
            return self.checked(steps);
        }
        self.each(expr, times, |step, _| Some(times[step] as f64 / 1000.0))
    }

    fn absent(&self, expr: &Expr, times: &[i64]) -> Result<Operand, Refusal> {
        let labels = absent_labels(expr);
        let absent = self.vector(expr, times)?.into_iter().map(|elements| {
            let value = Point::Float(1.0);
            let one = Element { labels: labels.clone(), drop_name: false, value };
            if elements.is_empty() { vec![one] } else { Vec::new() }
        });
        Ok(Operand::Vector(absent.collect()))
    }

    /// Floats by value, NaN last.
    fn sort(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let mut steps = self.vector(&call.args[0], times)?;
        let descending = call.function.name == "sort_desc";
        for elements in &mut steps {
            elements.retain(|element| element.value.float().is_some());
            elements.sort_by(|a, b| {
                let (a, b) = (a.value.float(), b.value.float());
                let (a, b) = (a.unwrap_or(f64::NAN), b.unwrap_or(f64::NAN));
                let order = if descending { b.partial_cmp(&a) } else { a.partial_cmp(&b) };
                order.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            });
        }
        self.checked(steps)
    }

    fn label_replace(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let [target, template, source, pattern] = self.texts(&call.args[1..])?;
        // The expression matches whole values, the dot also line ends.
        let pattern = Pattern::new(&pattern).map_err(|error| fails(&error.to_string()))?;
        if target.is_empty() {
            return Err(fails("invalid destination label name"));
        }
        self.relabel(&call.args[0], times, &target, |labels| {
            pattern.expand(labels.value(&source), &template)
        })
    }

    fn label_join(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let [target, separator] = self.texts(&call.args[1..3])?;
        let mut sources = Vec::new();
        for arg in &call.args[3..] {
            sources.push(self.text(arg)?);
        }
        if target.is_empty() || sources.iter().any(String::is_empty) {
            return Err(fails("invalid label name"));
        }
        self.relabel(&call.args[0], times, &target, |labels| {
            let values: Vec<&str> = sources.iter().map(|source| labels.value(source)).collect();
            Some(values.join(&separator))
        })
    }

    fn texts<const N: usize>(&self, args: &[Expr]) -> Result<[String; N], Refusal> {
        let mut texts = Vec::new();
        for arg in args {
            texts.push(self.text(arg)?);
        }
        texts
            .try_into()
            .map_err(|found: Vec<String>| fails(&format!("{N} strings, not {}", found.len())))
    }

    /// Sets a label of every series to what a function makes of its labels.
    fn relabel(
        &self,
        expr: &Expr,
        times: &[i64],
        target: &str,
        value: impl Fn(&Labels) -> Option<String>,
    ) -> Result<Operand, Refusal> {
        if self.semantics.is_old(Change::Utf8Names) && !model::is_legacy_label_name(target) {
            return Err(fails("invalid destination label name"));
        }
        let mut steps = self.vector(expr, times)?;
        for element in steps.iter_mut().flatten() {
            let Some(value) = value(&element.labels) else { continue };
            element.labels = element.labels.to_builder().set(target, &value).build();
            if target == METRIC_NAME {
                element.drop_name = false;
            }
        }
        super::refuse_equal(&steps)?;
        Ok(Operand::Vector(steps))
    }

    fn histogram_call(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let each = |function: fn(&Sparse) -> f64| {
            self.each(&call.args[0], times, |_, point| match point {
                Point::Histogram(histogram) => Some(self.rounded(function(histogram))),
                Point::Float(_) => None,
            })
        };
        match call.function.name {
            "histogram_count" => each(|histogram| histogram.count),
            "histogram_sum" => each(|histogram| histogram.sum),
            "histogram_avg" => each(|histogram| histogram.sum / histogram.count),
            "histogram_stdvar" => each(quantile::variance),
            "histogram_stddev" => each(|histogram| quantile::variance(histogram).sqrt()),
            "histogram_quantile" => {
                let qs = self.scalar(&call.args[0], times)?;
                self.quantile(&qs, &call.args[1], times)
            }
            "histogram_quantiles" => self.quantiles(call, times),
            "histogram_fraction" => {
                let lower = self.scalar(&call.args[0], times)?;
                let upper = self.scalar(&call.args[1], times)?;
                self.distributions(&call.args[2], times, |step, distribution| match distribution {
                    Distribution::Classic(buckets) => Classic::new(buckets)
                        .map_or(f64::NAN, |classic| classic.fraction(lower[step], upper[step])),
                    Distribution::Native(histogram) => {
                        quantile::fraction(histogram, lower[step], upper[step])
                    }
                })
            }
            other => Err(Refusal::Unknown(format!("the oracle does not know {other}"))),
        }
    }

    fn quantile(&self, qs: &[f64], of: &Expr, times: &[i64]) -> Result<Operand, Refusal> {
        self.distributions(of, times, |step, distribution| match distribution {
            Distribution::Classic(buckets) => match Classic::new(buckets) {
                _ if qs[step].is_nan() => f64::NAN,
                _ if qs[step] < 0.0 => f64::NEG_INFINITY,
                _ if qs[step] > 1.0 => f64::INFINITY,
                Some(classic) => classic.quantile(qs[step], self.semantics),
                None => f64::NAN,
            },
            Distribution::Native(histogram) => quantile::of_histogram(qs[step], histogram),
        })
    }

    /// `histogram_quantile` for each quantile, told apart by a label: its number as OpenMetrics
    /// writes it, `1.0`.
    fn quantiles(&self, call: &Call, times: &[i64]) -> Result<Operand, Refusal> {
        let name = self.text(&call.args[1])?;
        let mut steps: Steps = vec![Vec::new(); times.len()];
        for quantile in &call.args[2..] {
            let qs = self.scalar(quantile, times)?;
            let Operand::Vector(found) = self.quantile(&qs, &call.args[0], times)? else {
                return Err(fails("quantiles are vectors"));
            };
            for ((out, elements), q) in steps.iter_mut().zip(found).zip(&qs) {
                for mut element in elements {
                    let labels = element.labels.to_builder().set(&name, &format!("{q:?}")).build();
                    element.labels = labels;
                    out.push(element);
                }
            }
        }
        Ok(Operand::Vector(steps))
    }

    /// A function of native histograms and of classic ones, whose buckets are series with `le`.
    /// Where both have the same labels, neither counts.
    fn distributions(
        &self,
        expr: &Expr,
        times: &[i64],
        function: impl Fn(usize, Distribution<'_>) -> f64,
    ) -> Result<Operand, Refusal> {
        let mut steps: Steps = Vec::new();
        for (step, elements) in self.vector(expr, times)?.iter().enumerate() {
            let mut classic: BTreeMap<Labels, (Element, Vec<(f64, f64)>)> = BTreeMap::new();
            let mut native = BTreeSet::new();
            for element in elements {
                match &element.value {
                    Point::Histogram(_) => drop(native.insert(element.labels.clone())),
                    Point::Float(count) => {
                        let Some(upper) = upper_bound(element.labels.value(BUCKET_LABEL)) else {
                            continue;
                        };
                        let labels = element.labels.without(|name| name == BUCKET_LABEL);
                        let first = Element { labels: labels.clone(), ..element.clone() };
                        let group = classic.entry(labels).or_insert((first, Vec::new()));
                        group.1.push((upper, *count));
                    }
                }
            }
            let mut out = Vec::new();
            for element in elements {
                let Point::Histogram(histogram) = &element.value else { continue };
                if !classic.contains_key(&element.labels) {
                    let value = function(step, Distribution::Native(histogram));
                    out.push(Element {
                        value: Point::Float(self.rounded(value)),
                        ..element.clone()
                    });
                }
            }
            for (labels, (element, buckets)) in classic {
                if !native.contains(&labels) {
                    let value = function(step, Distribution::Classic(buckets));
                    out.push(Element { value: Point::Float(self.rounded(value)), ..element });
                }
            }
            for element in &mut out {
                self.drop_name(element);
            }
            steps.push(out);
        }
        self.checked(steps)
    }
}

/// What quantiles are taken of.
enum Distribution<'h> {
    /// Upper bounds and cumulative counts.
    Classic(Vec<(f64, f64)>),
    Native(&'h Sparse),
}

fn upper_bound(le: &str) -> Option<f64> {
    match le {
        "" => None,
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        number => number.parse().ok(),
    }
}

/// Labels that a missing series would have: those that its selector fixes by one `=`.
pub(super) fn absent_labels(expr: &Expr) -> Labels {
    let (ExprKind::Vector(selector) | ExprKind::Matrix(MatrixSelector { selector, .. })) =
        &expr.without_parens().kind
    else {
        return Labels::empty();
    };
    let mut labels = LabelsBuilder::default();
    let mut seen = BTreeSet::new();
    for matcher in selector.matchers.iter().filter(|matcher| matcher.name() != METRIC_NAME) {
        if matcher.op() == MatchOp::Equal && seen.insert(matcher.name()) {
            labels.set(matcher.name(), matcher.value());
        } else {
            labels.remove(matcher.name());
        }
    }
    labels.build()
}

//! Table of PromQL's functions: argument types, optional arguments, result type.
//! Source: Prometheus 3.14, `promql/parser/functions.go`. Evaluation lives in `query`.

#[cfg(test)]
mod tests;

use crate::ast::ValueType;
use ValueType::{InstantVector as Vector, RangeVector as Matrix, Scalar, String as Text};

/// Signature of a function.
#[derive(Debug, PartialEq)]
pub struct Function {
    /// Name as written.
    pub name: &'static str,
    /// Types of the arguments; the last one repeats when `variadic` allows more.
    pub args: &'static [ValueType],
    /// 0: exactly `args`; n > 0: the last of `args` may be missing or stand up to n times;
    /// -1: the last may be missing or stand any number of times (upstream's convention).
    pub variadic: i32,
    /// Type of the result.
    pub returns: ValueType,
    /// Behind upstream's feature flag `promql-experimental-functions`.
    pub experimental: bool,
}

impl Function {
    /// Fewest and most arguments; `None`: no upper bound.
    pub fn argument_count(&self) -> (usize, Option<usize>) {
        let declared = self.args.len();
        if self.variadic == 0 {
            return (declared, Some(declared));
        }
        let least = declared.saturating_sub(1);
        (least, usize::try_from(self.variadic).ok().map(|more| least + more))
    }

    const fn new(name: &'static str, args: &'static [ValueType], returns: ValueType) -> Self {
        Self { name, args, variadic: 0, returns, experimental: false }
    }

    const fn variadic(mut self, variadic: i32) -> Self {
        self.variadic = variadic;
        self
    }

    const fn experimental(mut self) -> Self {
        self.experimental = true;
        self
    }
}

/// A function of one instant vector.
const fn of_vector(name: &'static str) -> Function {
    Function::new(name, &[Vector], Vector)
}

/// A function of one range vector.
const fn of_range(name: &'static str) -> Function {
    Function::new(name, &[Matrix], Vector)
}

/// A function of the evaluation time or of a vector of times.
const fn of_time(name: &'static str) -> Function {
    of_vector(name).variadic(1)
}

/// A scalar without arguments.
const fn constant(name: &'static str) -> Function {
    Function::new(name, &[], Scalar)
}

/// Sorted by name (a test holds it so), for the binary search of [`function`].
const FUNCTIONS: &[Function] = &[
    of_vector("abs"),
    of_vector("absent"),
    of_range("absent_over_time"),
    of_vector("acos"),
    of_vector("acosh"),
    of_vector("asin"),
    of_vector("asinh"),
    of_vector("atan"),
    of_vector("atanh"),
    of_range("avg_over_time"),
    of_vector("ceil"),
    of_range("changes"),
    Function::new("clamp", &[Vector, Scalar, Scalar], Vector),
    Function::new("clamp_max", &[Vector, Scalar], Vector),
    Function::new("clamp_min", &[Vector, Scalar], Vector),
    of_vector("cos"),
    of_vector("cosh"),
    of_range("count_over_time"),
    of_time("day_of_month"),
    of_time("day_of_week"),
    of_time("day_of_year"),
    of_time("days_in_month"),
    of_vector("deg"),
    of_range("delta"),
    of_range("deriv"),
    Function::new("double_exponential_smoothing", &[Matrix, Scalar, Scalar], Vector).experimental(),
    constant("end").experimental(),
    of_vector("exp"),
    of_range("first_over_time"),
    of_vector("floor"),
    of_vector("histogram_avg"),
    of_vector("histogram_count"),
    Function::new("histogram_fraction", &[Scalar, Scalar, Vector], Vector),
    Function::new("histogram_quantile", &[Scalar, Vector], Vector),
    Function::new("histogram_quantiles", &[Vector, Text, Scalar, Scalar], Vector)
        .variadic(9)
        .experimental(),
    of_vector("histogram_stddev"),
    of_vector("histogram_stdvar"),
    of_vector("histogram_sum"),
    of_time("hour"),
    of_range("idelta"),
    of_range("increase"),
    Function::new("info", &[Vector, Vector], Vector).variadic(1).experimental(),
    of_range("irate"),
    Function::new("label_join", &[Vector, Text, Text, Text], Vector).variadic(-1),
    Function::new("label_replace", &[Vector, Text, Text, Text, Text], Vector),
    of_range("last_over_time"),
    of_vector("ln"),
    of_vector("log10"),
    of_vector("log2"),
    of_range("mad_over_time").experimental(),
    Function::new("max_of", &[Scalar, Scalar], Scalar).experimental(),
    of_range("max_over_time"),
    Function::new("min_of", &[Scalar, Scalar], Scalar).experimental(),
    of_range("min_over_time"),
    of_time("minute"),
    of_time("month"),
    constant("pi"),
    Function::new("predict_linear", &[Matrix, Scalar], Vector),
    of_range("present_over_time"),
    Function::new("quantile_over_time", &[Scalar, Matrix], Vector),
    of_vector("rad"),
    constant("range").experimental(),
    of_range("rate"),
    of_range("resets"),
    Function::new("round", &[Vector, Scalar], Vector).variadic(1),
    Function::new("scalar", &[Vector], Scalar),
    of_vector("sgn"),
    of_vector("sin"),
    of_vector("sinh"),
    of_vector("sort"),
    Function::new("sort_by_label", &[Vector, Text], Vector).variadic(-1).experimental(),
    Function::new("sort_by_label_desc", &[Vector, Text], Vector).variadic(-1).experimental(),
    of_vector("sort_desc"),
    of_vector("sqrt"),
    constant("start").experimental(),
    of_vector("start_timestamp").experimental(),
    of_range("stddev_over_time"),
    of_range("stdvar_over_time"),
    constant("step").experimental(),
    of_range("sum_over_time"),
    of_vector("tan"),
    of_vector("tanh"),
    constant("time"),
    of_vector("timestamp"),
    of_range("ts_of_first_over_time").experimental(),
    of_range("ts_of_last_over_time").experimental(),
    of_range("ts_of_max_over_time").experimental(),
    of_range("ts_of_min_over_time").experimental(),
    Function::new("vector", &[Scalar], Vector),
    of_time("year"),
];

/// All functions, sorted by name.
pub fn functions() -> &'static [Function] {
    FUNCTIONS
}

/// The function of a name (names are case-sensitive).
///
/// ```
/// let rate = promql::function("rate").unwrap();
/// assert_eq!(rate.args, [promql::ValueType::RangeVector]);
/// assert!(promql::function("RATE").is_none());
/// ```
pub fn function(name: &str) -> Option<&'static Function> {
    let found = FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
    FUNCTIONS.get(found)
}

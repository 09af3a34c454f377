//! Table of PromQL's functions: argument types, optional arguments, result type.
//! Source: Prometheus 3.14, `promql/parser/functions.go`. Evaluation lives in `query`.

use crate::ast::ValueType;

/// Signature of a function.
#[derive(Debug, PartialEq)]
pub struct Function {
    /// Name as written.
    pub name: &'static str,
    /// Types of the arguments; the last one repeats when `variadic` allows more.
    pub args: &'static [ValueType],
    /// 0: exactly `args`; n > 0: up to n of the last arguments are optional or repeated;
    /// -1: any number more (upstream's convention).
    pub variadic: i32,
    /// Type of the result.
    pub returns: ValueType,
    /// Behind upstream's feature flag `promql-experimental-functions`.
    pub experimental: bool,
}

/// All functions, sorted by name.
pub fn functions() -> &'static [Function] {
    &[]
}

/// The function of a name (names are case-sensitive).
pub fn function(name: &str) -> Option<&'static Function> {
    let found = functions().binary_search_by(|function| function.name.cmp(name)).ok()?;
    functions().get(found)
}

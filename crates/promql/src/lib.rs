//! PromQL: lexer, Pratt parser with source positions, type checks, syntax tree, printer.
//! Neighbours: `query`, `rules` and `api` read the tree. Pure text in, tree or located error out.
//! Source of semantics: Prometheus 3.14, package `promql/parser`.

pub mod ast;
mod check;
mod duration;
mod error;
mod function;
#[doc(hidden)]
pub mod fuzzing;
mod lexer;
mod literal;
mod options;
mod parser;
mod print;
pub mod script;
pub mod series;
mod suggest;
mod token;

pub use ast::{Expr, ExprKind, Place, ValueType};
pub use duration::{format_duration, parse_duration};
pub use error::{ErrorKind, ParseError};
pub use function::{Function, function, functions};
pub use options::ParserOptions;
pub use parser::{
    HEIGHT_MAX, NESTING_MAX, PARTS_MAX, PATTERN_BYTES_MAX, parse, parse_selector, parse_with,
};
pub use print::{head, pretty};
pub use series::parse_series;

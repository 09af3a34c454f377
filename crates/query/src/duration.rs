//! Durations of a query: fixed ones and those computed from `step()` and `range()`, and the
//! instants that `offset` and `@` lead to.

use crate::QueryError;
use model::Timestamp;
use promql::ast::{AtModifier, BinaryOp, DurationExpr, DurationTerm, UnaryOp};

/// First and last instant and step of the whole query, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuerySpan {
    pub start: i64,
    pub end: i64,
    /// 0 for an instant query.
    pub step: i64,
}

impl QuerySpan {
    /// Milliseconds of a duration.
    pub(crate) fn duration(&self, duration: &DurationExpr) -> Result<i64, QueryError> {
        match duration {
            DurationExpr::Fixed(ms) => Ok(*ms),
            DurationExpr::Computed(term) => to_ms(self.seconds(term)?),
        }
    }

    /// Milliseconds of a duration that must be positive.
    pub(crate) fn positive(&self, duration: &DurationExpr) -> Result<i64, QueryError> {
        match self.duration(duration)? {
            ms @ 1.. => Ok(ms),
            _ => Err(QueryError::execution("duration must be greater than 0")),
        }
    }

    fn seconds(&self, term: &DurationTerm) -> Result<f64, QueryError> {
        Ok(match term {
            DurationTerm::Number(number) => number.value,
            DurationTerm::Step => self.step as f64 / 1000.0,
            DurationTerm::Range => self.end.saturating_sub(self.start) as f64 / 1000.0,
            DurationTerm::Unary(UnaryOp::Minus, inner) => -self.seconds(inner)?,
            DurationTerm::Unary(UnaryOp::Plus, inner) | DurationTerm::Paren(inner) => {
                self.seconds(inner)?
            }
            DurationTerm::Min(a, b) => self.seconds(a)?.min(self.seconds(b)?),
            DurationTerm::Max(a, b) => self.seconds(a)?.max(self.seconds(b)?),
            DurationTerm::Binary(op, a, b) => combine(*op, self.seconds(a)?, self.seconds(b)?)?,
        })
    }

    /// The instant at which a selector with `offset` and `@` looks, for each step.
    pub(crate) fn reference(
        &self,
        offset: &DurationExpr,
        at: Option<AtModifier>,
    ) -> Result<Reference, QueryError> {
        let fixed = match at {
            None => None,
            Some(AtModifier::At(timestamp)) => Some(timestamp.ms()),
            Some(AtModifier::Start) => Some(self.start),
            Some(AtModifier::End) => Some(self.end),
        };
        Ok(Reference { fixed, offset: self.duration(offset)? })
    }
}

/// Where a selector looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reference {
    fixed: Option<i64>,
    offset: i64,
}

impl Reference {
    /// Instant for a step, ms.
    pub(crate) fn at(self, step: i64) -> i64 {
        self.fixed.unwrap_or(step).saturating_sub(self.offset)
    }

    /// Says where it looks, if not at the steps themselves.
    pub(crate) fn describe(self) -> Option<String> {
        let Self { fixed, offset } = self;
        let shown = promql::format_duration(offset.saturating_abs());
        let direction = if offset < 0 { "later" } else { "earlier" };
        match (fixed, offset) {
            (None, 0) => None,
            (None, _) => Some(format!("looks {shown} {direction} than each step")),
            (Some(at), _) => {
                let at = Timestamp::from_ms(at.saturating_sub(offset)).seconds();
                Some(format!("looks at the instant {at} at every step"))
            }
        }
    }

    /// Where a selector looks that stands inside a subquery with this reference.
    pub(crate) fn then(self, inner: Self) -> Self {
        match inner.fixed {
            Some(_) => inner,
            None => Self { offset: self.offset.saturating_add(inner.offset), ..self },
        }
    }
}

fn combine(op: BinaryOp, a: f64, b: f64) -> Result<f64, QueryError> {
    match op {
        BinaryOp::Add => Ok(a + b),
        BinaryOp::Sub => Ok(a - b),
        BinaryOp::Mul => Ok(a * b),
        BinaryOp::Div if b == 0.0 => Err(QueryError::execution("division by zero")),
        BinaryOp::Div => Ok(a / b),
        BinaryOp::Mod if b == 0.0 => Err(QueryError::execution("modulo by zero")),
        BinaryOp::Mod => Ok(a % b),
        BinaryOp::Pow => Ok(a.powf(b)),
        BinaryOp::Atan2
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Greater
        | BinaryOp::Less
        | BinaryOp::GreaterOrEqual
        | BinaryOp::LessOrEqual
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Unless
        | BinaryOp::TrimUpper
        | BinaryOp::TrimLower => {
            Err(QueryError::execution(format!("operator {} on durations", op.as_str())))
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn to_ms(seconds: f64) -> Result<i64, QueryError> {
    // Upstream counts nanoseconds in 63 bits.
    if seconds.abs() < 9_223_372_036.0 {
        Ok((seconds * 1000.0) as i64)
    } else {
        Err(QueryError::execution("duration is out of range"))
    }
}

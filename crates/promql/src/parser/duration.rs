//! Durations in brackets and behind `offset`: literals, and arithmetic on them.
//! Upstream's tables end an offset at its first operand: `x offset 1m + 2` is `(x offset 1m) + 2`,
//! while `[1m + 2]` is a sum.

use super::{Parser, apply_sign, power, power_of_right, sign};
use crate::ast::{BinaryOp, DurationExpr, DurationTerm, NumberLiteral, Place, UnaryOp};
use crate::token::{TokenKind, Word};
use crate::{ErrorKind, ParseError};

/// Most operators of one duration: together with the nesting this bounds its tree.
const OPERATORS_MAX: usize = 128;

/// A term and where it stands.
struct Term {
    place: Place,
    term: DurationTerm,
}

impl Term {
    fn boxed(self) -> Box<DurationTerm> {
        Box::new(self.term)
    }
}

impl Parser<'_> {
    /// A duration in brackets; a literal must be above zero.
    pub(crate) fn positive_duration(&mut self) -> Result<DurationExpr, ParseError> {
        self.duration_operators = 0;
        let Term { place, term } = self.duration_term(1)?;
        if let DurationTerm::Number(number) = &term
            && number.value <= 0.0
        {
            let message = "duration must be greater than 0";
            return Err(self.error(ErrorKind::Meaning, place, message));
        }
        Ok(fold(term))
    }

    /// A duration behind `offset`: one operand, perhaps with signs.
    pub(crate) fn offset_duration(&mut self) -> Result<DurationExpr, ParseError> {
        self.duration_operators = 0;
        self.enter()?;
        let term = match sign(self.current.kind) {
            Some(op) => {
                let start = self.take().place.start;
                let operand = match sign(self.current.kind) {
                    Some(_) => self.duration_term(power(BinaryOp::Pow))?,
                    None => self.duration_operand()?,
                };
                self.signed_term(op, start, operand)?
            }
            None => self.duration_operand()?,
        };
        self.leave();
        Ok(fold(term.term))
    }

    /// Arithmetic whose operators bind at least as tightly as `minimum`.
    fn duration_term(&mut self, minimum: u8) -> Result<Term, ParseError> {
        self.enter()?;
        let mut left = match sign(self.current.kind) {
            Some(op) => {
                let start = self.take().place.start;
                let operand = self.duration_term(power(BinaryOp::Pow))?;
                self.signed_term(op, start, operand)?
            }
            None => self.duration_operand()?,
        };
        while let TokenKind::Operator(op) = self.current.kind
            && is_arithmetic(op)
            && power(op) >= minimum
        {
            left = self.duration_binary(left, op)?;
        }
        self.leave();
        Ok(left)
    }

    fn duration_binary(&mut self, left: Term, op: BinaryOp) -> Result<Term, ParseError> {
        let op_place = self.take().place;
        self.duration_operators += 1;
        if self.duration_operators > OPERATORS_MAX {
            let message = format!("duration has more than {OPERATORS_MAX} operators");
            return Err(self.error(ErrorKind::Limit, op_place, message));
        }
        let right = self.duration_term(power_of_right(op))?;
        let by_zero = matches!(&right.term, DurationTerm::Number(number) if number.value == 0.0);
        if by_zero && matches!(op, BinaryOp::Div | BinaryOp::Mod) {
            let operation = if op == BinaryOp::Div { "division" } else { "modulo" };
            let message = format!("{operation} by zero");
            return Err(self.error(ErrorKind::Meaning, op_place, message));
        }
        let place = Place { start: left.place.start, end: right.place.end };
        let term = DurationTerm::Binary(op, left.boxed(), right.boxed());
        Ok(Term { place, term })
    }

    /// A sign in front of a term; literals take it up.
    fn signed_term(&self, op: UnaryOp, start: usize, operand: Term) -> Result<Term, ParseError> {
        let place = Place { start, end: operand.place.end };
        let DurationTerm::Number(number) = operand.term else {
            return Ok(Term { place, term: DurationTerm::Unary(op, operand.boxed()) });
        };
        let number = NumberLiteral { value: apply_sign(op, number.value), ..number };
        self.require_in_range(number, place)?;
        Ok(Term { place, term: DurationTerm::Number(number) })
    }

    fn duration_operand(&mut self) -> Result<Term, ParseError> {
        let start = self.current.place.start;
        let term = match self.current.kind {
            TokenKind::Number | TokenKind::Duration => {
                let (place, number) = self.number_literal()?;
                self.require_in_range(number, place)?;
                return Ok(Term { place, term: DurationTerm::Number(number) });
            }
            TokenKind::Word(Word::Step) => self.duration_call(DurationTerm::Step)?,
            TokenKind::Word(Word::Range) => self.duration_call(DurationTerm::Range)?,
            TokenKind::Word(Word::MinOf) => self.duration_pair(DurationTerm::Min)?,
            TokenKind::Word(Word::MaxOf) => self.duration_pair(DurationTerm::Max)?,
            TokenKind::LeftParen => {
                self.take();
                let inner = self.duration_term(1)?;
                self.expect(TokenKind::RightParen)?;
                let place = Place { start, end: self.last_closing };
                return Ok(Term { place, term: DurationTerm::Paren(inner.boxed()) });
            }
            _ => return Err(self.unexpected()),
        };
        let place = Place { start, end: self.last_closing };
        Ok(Term { place, term })
    }

    /// `step()`
    fn duration_call(&mut self, term: DurationTerm) -> Result<DurationTerm, ParseError> {
        self.take();
        self.expect(TokenKind::LeftParen)?;
        self.expect(TokenKind::RightParen)?;
        Ok(term)
    }

    /// `min_of(a, b)`
    fn duration_pair(
        &mut self,
        build: impl FnOnce(Box<DurationTerm>, Box<DurationTerm>) -> DurationTerm,
    ) -> Result<DurationTerm, ParseError> {
        self.take();
        self.expect(TokenKind::LeftParen)?;
        let left = self.duration_term(1)?;
        self.expect(TokenKind::Comma)?;
        let right = self.duration_term(1)?;
        self.expect(TokenKind::RightParen)?;
        Ok(build(left.boxed(), right.boxed()))
    }

    /// Upstream counts nanoseconds in 64 bits: 292 years in both directions. NaN is refused too.
    fn require_in_range(&self, number: NumberLiteral, place: Place) -> Result<(), ParseError> {
        const SECONDS_MAX: f64 = 9_223_372_036_854_775_808.0 / 1e9;
        if number.value.abs() <= SECONDS_MAX {
            return Ok(());
        }
        Err(self.error(ErrorKind::Meaning, place, "duration out of range"))
    }
}

const fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Mod
            | BinaryOp::Pow
    )
}

/// A literal becomes milliseconds; upstream rounds to nanoseconds and drops what is below 1 ms.
fn fold(term: DurationTerm) -> DurationExpr {
    let DurationTerm::Number(number) = term else {
        return DurationExpr::Computed(Box::new(term));
    };
    #[expect(clippy::cast_possible_truncation, reason = "at most 292 years, checked when read")]
    let nanoseconds = (number.value * 1e9).round() as i64;
    DurationExpr::Fixed(nanoseconds / 1_000_000)
}

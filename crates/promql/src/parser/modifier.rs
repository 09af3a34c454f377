//! What stands behind an expression: `[5m]`, `[1h:5m]`, `offset 5m`, `@ end()`, `anchored`.
//! All of them bind more tightly than any operator, and each may be set once.

use super::cursor::Context;
use super::{Parser, Tree, apply_sign, sign};
use crate::ast::{
    AtModifier, DurationExpr, Expr, ExprKind, MatrixSelector, Place, SubqueryExpr, WindowEdge,
};
use crate::token::{TokenKind, Word};
use crate::{ErrorKind, ParseError, suggest};
use model::Timestamp;

const OFFSET: Context =
    Context { construct: "offset", expected: "number, duration, step(), or range()" };
const AT: Context = Context { construct: "@", expected: "timestamp" };
const RANGE: Context = Context {
    construct: "subquery or range selector",
    expected: "number, duration, step(), or range()",
};
const STEP: Context = Context {
    construct: "subquery selector",
    expected: "number, duration, step(), range(), or \"]\"",
};
const RANGE_END: Context = Context { construct: "subquery or range", expected: "\":\" or \"]\"" };
const STEP_END: Context = Context { construct: "subquery selector", expected: "\"]\"" };

/// The fields of a selector or subquery that `offset` and `@` set.
struct Slots<'a> {
    offset: &'a mut DurationExpr,
    at: &'a mut Option<AtModifier>,
    place: &'a mut Place,
}

impl Parser<'_> {
    /// Applies the modifiers that follow an expression.
    pub(crate) fn modifiers(&mut self, tree: Tree) -> Result<Tree, ParseError> {
        let mut tree = tree;
        loop {
            match self.current.kind {
                TokenKind::LeftBracket => tree = self.bracket(tree)?,
                TokenKind::Word(Word::Offset) => self.offset(&mut tree.expr)?,
                TokenKind::At => self.at(&mut tree.expr)?,
                TokenKind::Word(Word::Anchored) => {
                    self.edge(&mut tree.expr, WindowEdge::Anchored)?;
                }
                TokenKind::Word(Word::Smoothed) => {
                    self.edge(&mut tree.expr, WindowEdge::Smoothed)?;
                }
                _ => return Ok(tree),
            }
        }
    }

    fn bracket(&mut self, tree: Tree) -> Result<Tree, ParseError> {
        let open = self.take().place;
        let range = self.within(RANGE, Self::positive_duration)?;
        if self.accept(TokenKind::Colon).is_some() {
            return self.subquery(tree, range);
        }
        if self.accept(TokenKind::RightBracket).is_none() {
            return Err(self.unexpected_in(RANGE_END));
        }
        let brackets = Place { start: open.start, end: self.last_closing };
        let Expr { place, kind } = tree.expr;
        let whole = Place { start: place.start, end: brackets.end };
        let ExprKind::Vector(selector) = kind else {
            let message = "ranges only allowed for vector selectors";
            let hint = suggest::subquery(whole.text(self.source));
            return Err(self.error(ErrorKind::Meaning, brackets, message).suggest(hint));
        };
        let message = if selector.offset != DurationExpr::Fixed(0) {
            "no offset modifiers allowed before range"
        } else if selector.at.is_some() {
            "no @ modifiers allowed before range"
        } else {
            let matrix = MatrixSelector { selector, selector_place: place, range };
            return Ok(Tree::leaf(whole, ExprKind::Matrix(matrix)));
        };
        Err(self.error(ErrorKind::Meaning, brackets, message))
    }

    fn subquery(&mut self, tree: Tree, range: DurationExpr) -> Result<Tree, ParseError> {
        let mut step = None;
        if self.current.kind != TokenKind::RightBracket {
            step = Some(self.within(STEP, Self::positive_duration)?);
        }
        if self.accept(TokenKind::RightBracket).is_none() {
            return Err(self.unexpected_in(STEP_END));
        }
        let Tree { expr, height } = tree;
        let place = Place { start: expr.place.start, end: self.last_closing };
        let offset = DurationExpr::Fixed(0);
        let subquery = SubqueryExpr { expr, range, step, offset, at: None };
        self.grown(height, place, ExprKind::Subquery(Box::new(subquery)))
    }

    fn offset(&mut self, expr: &mut Expr) -> Result<(), ParseError> {
        self.take();
        let offset = self.within(OFFSET, Self::offset_duration)?;
        let end = self.last_closing;
        let place = expr.place;
        let Some(slots) = slots(expr) else {
            return Err(self.misplaced("offset", place));
        };
        if *slots.offset != DurationExpr::Fixed(0) {
            let message = "offset may not be set multiple times";
            return Err(self.error(ErrorKind::Meaning, place, message));
        }
        *slots.offset = offset;
        slots.place.end = end;
        Ok(())
    }

    fn at(&mut self, expr: &mut Expr) -> Result<(), ParseError> {
        self.take();
        let place = expr.place;
        let at = self.within(AT, |parser| parser.at_value(place))?;
        let end = self.last_closing;
        let Some(slots) = slots(expr) else {
            return Err(self.misplaced("@", place));
        };
        if slots.at.is_some() {
            let message = "@ <timestamp> may not be set multiple times";
            return Err(self.error(ErrorKind::Meaning, place, message));
        }
        *slots.at = Some(at);
        slots.place.end = end;
        Ok(())
    }

    /// `start()`, `end()`, or a time in seconds; `place` is what it modifies.
    fn at_value(&mut self, place: Place) -> Result<AtModifier, ParseError> {
        let named = match self.current.kind {
            TokenKind::Word(Word::Start) => Some(AtModifier::Start),
            TokenKind::Word(Word::End) => Some(AtModifier::End),
            _ => None,
        };
        if let Some(named) = named {
            self.take();
            self.expect(TokenKind::LeftParen)?;
            self.expect(TokenKind::RightParen)?;
            return Ok(named);
        }
        let sign = sign(self.current.kind);
        if sign.is_some() {
            self.take();
        }
        if !matches!(self.current.kind, TokenKind::Number | TokenKind::Duration) {
            return Err(self.unexpected());
        }
        let (_, number) = self.number_literal()?;
        let seconds = sign.map_or(number.value, |sign| apply_sign(sign, number.value));
        let Some(timestamp) = timestamp(seconds) else {
            let shown = crate::print::fixed(seconds, 6);
            let message = format!("timestamp out of bounds for @ modifier: {shown}");
            return Err(self.error(ErrorKind::Meaning, place, message));
        };
        Ok(AtModifier::At(timestamp))
    }

    fn misplaced(&self, modifier: &str, place: Place) -> ParseError {
        let message = format!(
            "{modifier} modifier must be preceded by an instant vector selector or range vector \
             selector or a subquery"
        );
        self.error(ErrorKind::Meaning, place, message)
    }

    fn edge(&mut self, expr: &mut Expr, edge: WindowEdge) -> Result<(), ParseError> {
        let word = match edge {
            WindowEdge::Anchored => "anchored",
            WindowEdge::Plain | WindowEdge::Smoothed => "smoothed",
        };
        let place = expr.place;
        self.take();
        if !self.options.extended_range_selectors {
            let message = format!("{word} modifier is experimental and not enabled");
            let hint = suggest::feature("promql-extended-range-selectors");
            return Err(self.error(ErrorKind::Disabled, place, message).suggest(hint));
        }
        let selector = match &mut expr.kind {
            ExprKind::Vector(selector) => selector,
            ExprKind::Matrix(matrix) => &mut matrix.selector,
            ExprKind::Subquery(_) => {
                let message = format!("{word} modifier is not supported for subqueries");
                return Err(self.error(ErrorKind::Meaning, place, message));
            }
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Paren(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(_)
            | ExprKind::Aggregate(_)
            | ExprKind::Call(_) => {
                let message = format!("{word} modifier not implemented");
                return Err(self.error(ErrorKind::Meaning, place, message));
            }
        };
        if selector.edge != WindowEdge::Plain && selector.edge != edge {
            let message = "anchored and smoothed modifiers cannot be used together";
            return Err(self.error(ErrorKind::Meaning, place, message));
        }
        selector.edge = edge;
        Ok(())
    }
}

fn slots(expr: &mut Expr) -> Option<Slots<'_>> {
    let place = &mut expr.place;
    match &mut expr.kind {
        ExprKind::Vector(selector) => {
            Some(Slots { offset: &mut selector.offset, at: &mut selector.at, place })
        }
        ExprKind::Matrix(matrix) => {
            let selector = &mut matrix.selector;
            Some(Slots { offset: &mut selector.offset, at: &mut selector.at, place })
        }
        ExprKind::Subquery(subquery) => {
            Some(Slots { offset: &mut subquery.offset, at: &mut subquery.at, place })
        }
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Paren(_)
        | ExprKind::Unary(..)
        | ExprKind::Binary(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Call(_) => None,
    }
}

/// Milliseconds nearest to a time in seconds; halves go away from zero, as Go's `math.Round`.
fn timestamp(seconds: f64) -> Option<Timestamp> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    // NaN fails the comparison too.
    let in_bounds = seconds < BOUND && seconds > -BOUND;
    let ms = (seconds * 1000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates at the bounds")]
    in_bounds.then(|| Timestamp::from_ms(ms as i64))
}

//! Pratt parser of PromQL: one function per form of expression, errors at their place.
//! Source of semantics: Prometheus 3.14, `generated_parser.y`; where that grammar is ambiguous,
//! the comments say which reading upstream's tables take. The first error ends the parse.

mod aggregate;
mod cursor;
mod duration;
mod modifier;
mod selector;
#[cfg(test)]
mod tests;

use crate::ast::{BinaryExpr, BinaryOp, Call, Expr, ExprKind, NumberLiteral, Place, UnaryOp};
use crate::check::check;
use crate::token::{Token, TokenKind};
use crate::{ErrorKind, ParseError, ParserOptions, function, suggest};
pub(crate) use cursor::{Context, Parser};
use model::Matcher;

/// Deepest nesting of parentheses, calls and signs in a text: the parser recurses this deep.
///
/// With it 1.25 MiB of stack are enough for parsing in a build without optimisation (measured:
/// 10 KiB a level of aggregations, the dearest).
pub const NESTING_MAX: usize = 100;

/// Highest tree the parser returns: nesting plus chains such as `a + b + c`, which lean left.
///
/// Whoever walks a tree recursively may rely on it.
pub const HEIGHT_MAX: usize = 500;

/// Most operands, matchers and grouping labels of a text: each costs a few hundred bytes.
pub const PARTS_MAX: usize = 100_000;

/// Most bytes of the compiled regular expressions of a text, by [`model::Pattern::compiled_bytes`]:
/// about a thousand small ones, six large ones. Lists of texts, `a|b|c`, are not compiled.
pub const PATTERN_BYTES_MAX: usize = 64 << 20;

/// Parses an expression of the stable language.
///
/// ```
/// let expr = promql::parse("sum by (job) (rate(up[5m]))").unwrap();
/// assert_eq!(expr.to_string(), "sum by (job) (rate(up[5m]))");
/// let error = promql::parse("rate(up)").unwrap_err();
/// assert_eq!((error.line(), error.column()), (1, 6));
/// ```
pub fn parse(source: &str) -> Result<Expr, ParseError> {
    parse_with(source, &ParserOptions::default())
}

/// Parses an expression with the switches of `options`.
///
/// The tree is at most [`HEIGHT_MAX`] high; the caller bounds the length of the text.
pub fn parse_with(source: &str, options: &ParserOptions) -> Result<Expr, ParseError> {
    let mut parser = Parser::new(source, *options);
    if parser.current.kind == TokenKind::End {
        return Err(parser.error(
            ErrorKind::Syntax,
            Place::default(),
            "no expression found in input",
        ));
    }
    let mut expr = parser.expression(LOWEST)?.expr;
    parser.expect_end()?;
    check(&mut expr, source)?;
    Ok(expr)
}

/// Parses a metric selector such as `up{job="node"}` (`match[]` parameters).
///
/// As upstream it does not refuse selectors that match everything; the caller knows whether they
/// make sense.
pub fn parse_selector(source: &str) -> Result<Vec<Matcher>, ParseError> {
    let mut parser = Parser::new(source, ParserOptions::default());
    let (selector, _) = parser.vector_selector()?;
    parser.expect_end()?;
    Ok(selector.matchers)
}

/// An expression under construction with the height of its tree.
pub(crate) struct Tree {
    pub(crate) expr: Expr,
    pub(crate) height: usize,
}

impl Tree {
    pub(crate) fn leaf(place: Place, kind: ExprKind) -> Self {
        Self { expr: Expr { place, kind }, height: 1 }
    }
}

/// Binding power that every operator reaches.
pub(crate) const LOWEST: u8 = 1;
/// A sign binds as `*`: `-a ^ b` is `-(a ^ b)`, `-a * b` is `(-a) * b`.
pub(crate) const SIGN: u8 = 5;

/// How tightly an operator binds; equal ones group to the left, except `^`.
pub(crate) const fn power(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And | BinaryOp::Unless => 2,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Greater
        | BinaryOp::Less
        | BinaryOp::GreaterOrEqual
        | BinaryOp::LessOrEqual
        | BinaryOp::TrimUpper
        | BinaryOp::TrimLower => 3,
        BinaryOp::Add | BinaryOp::Sub => 4,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod | BinaryOp::Atan2 => SIGN,
        BinaryOp::Pow => 6,
    }
}

/// Lowest power that the right operand of an operator may contain.
pub(crate) const fn power_of_right(op: BinaryOp) -> u8 {
    if matches!(op, BinaryOp::Pow) { power(op) } else { power(op) + 1 }
}

/// The sign a token stands for in front of an operand.
pub(crate) const fn sign(kind: TokenKind) -> Option<UnaryOp> {
    match kind {
        TokenKind::Operator(BinaryOp::Add) => Some(UnaryOp::Plus),
        TokenKind::Operator(BinaryOp::Sub) => Some(UnaryOp::Minus),
        _ => None,
    }
}

impl Parser<'_> {
    /// An expression whose operators bind at least as tightly as `minimum`.
    pub(crate) fn expression(&mut self, minimum: u8) -> Result<Tree, ParseError> {
        self.enter()?;
        let mut left = self.signed()?;
        while let TokenKind::Operator(op) = self.current.kind
            && power(op) >= minimum
        {
            left = self.binary(left, op)?;
        }
        self.leave();
        Ok(left)
    }

    fn binary(&mut self, left: Tree, op: BinaryOp) -> Result<Tree, ParseError> {
        self.take();
        let (return_bool, matching) = self.binary_modifiers()?;
        let right = self.expression(power_of_right(op))?;
        let place = Place { start: left.expr.place.start, end: right.expr.place.end };
        let fills = matching.fill_left.is_some() || matching.fill_right.is_some();
        if fills && !self.options.fill_modifiers {
            let message = "binop fill modifiers are experimental and not enabled";
            let hint = suggest::feature("promql-binop-fill-modifiers");
            return Err(self.error(ErrorKind::Disabled, place, message).suggest(hint));
        }
        let height = left.height.max(right.height);
        let (left, right) = (left.expr, right.expr);
        let matching = Some(matching);
        let binary = BinaryExpr { op, left, right, matching, return_bool };
        self.grown(height, place, ExprKind::Binary(Box::new(binary)))
    }

    fn signed(&mut self) -> Result<Tree, ParseError> {
        let Some(op) = sign(self.current.kind) else {
            let primary = self.primary()?;
            return self.modifiers(primary);
        };
        let start = self.take().place.start;
        let mut operand = self.expression(SIGN + 1)?;
        let place = Place { start, end: operand.expr.place.end };
        if let ExprKind::Number(number) = &mut operand.expr.kind {
            // A signed literal is one literal: `-1` is a number, not a negation.
            number.value = apply_sign(op, number.value);
            operand.expr.place = place;
            return Ok(operand);
        }
        let Tree { expr, height } = operand;
        self.grown(height, place, ExprKind::Unary(op, Box::new(expr)))
    }

    fn primary(&mut self) -> Result<Tree, ParseError> {
        self.count_part()?;
        match self.current.kind {
            TokenKind::LeftParen => self.paren(),
            TokenKind::Number | TokenKind::Duration => {
                let (place, number) = self.number_literal()?;
                Ok(Tree::leaf(place, ExprKind::Number(number)))
            }
            TokenKind::String => {
                let token = self.take();
                let text = self.unquote(token)?;
                Ok(Tree::leaf(token.place, ExprKind::String(text)))
            }
            TokenKind::Aggregate(op) if self.grouping_or_body_follows() => self.aggregate(op),
            kind if kind.is_function_name() && self.next.kind == TokenKind::LeftParen => {
                self.call()
            }
            kind if kind.is_metric_name() || kind == TokenKind::LeftBrace => {
                let (selector, place) = self.vector_selector()?;
                Ok(Tree::leaf(place, ExprKind::Vector(selector)))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn paren(&mut self) -> Result<Tree, ParseError> {
        let start = self.take().place.start;
        let Tree { expr, height } = self.expression(LOWEST)?;
        let end = self.expect(TokenKind::RightParen)?.place.end;
        self.grown(height, Place { start, end }, ExprKind::Paren(Box::new(expr)))
    }

    fn call(&mut self) -> Result<Tree, ParseError> {
        let name = self.take();
        let text = name.place.text(self.source);
        let (args, height) = self.arguments()?;
        let Some(function) = function(text) else {
            let message = format!("unknown function with name {}", model::quote(text));
            let error = self.error(ErrorKind::Meaning, name.place, message);
            return Err(error.suggest(suggest::function_name(text)));
        };
        if function.experimental && !self.options.experimental_functions {
            let message = format!("function {} is not enabled", model::quote(text));
            let hint = suggest::feature("promql-experimental-functions");
            return Err(self.error(ErrorKind::Disabled, name.place, message).suggest(hint));
        }
        let place = Place { start: name.place.start, end: self.last_closing };
        self.grown(height, place, ExprKind::Call(Call { function, args }))
    }

    /// `(a, b)`: the arguments and the height of the highest one.
    pub(crate) fn arguments(&mut self) -> Result<(Vec<Expr>, usize), ParseError> {
        self.expect(TokenKind::LeftParen)?;
        let (mut args, mut height) = (Vec::new(), 0);
        if self.accept(TokenKind::RightParen).is_some() {
            return Ok((args, height));
        }
        loop {
            let arg = self.expression(LOWEST)?;
            height = height.max(arg.height);
            args.push(arg.expr);
            let Some(comma) = self.accept(TokenKind::Comma) else { break };
            if self.current.kind == TokenKind::RightParen {
                let message = "trailing commas not allowed in function call args";
                return Err(self.error(ErrorKind::Syntax, comma.place, message));
            }
        }
        self.expect(TokenKind::RightParen)?;
        Ok((args, height))
    }

    /// A number, or a duration in seconds.
    pub(crate) fn number_literal(&mut self) -> Result<(Place, NumberLiteral), ParseError> {
        let Token { kind, place } = self.take();
        let text = place.text(self.source);
        let is_duration = kind == TokenKind::Duration;
        let value = if is_duration {
            crate::duration::read(text).map(seconds)
        } else {
            crate::literal::number(text)
        };
        match value {
            Ok(value) => Ok((place, NumberLiteral { value, is_duration })),
            Err(message) => Err(self.error(ErrorKind::Syntax, place, message)),
        }
    }
}

/// Seconds of a duration by the steps of Go's `Duration.Seconds`, so that every bit agrees.
fn seconds(ms: i64) -> f64 {
    (ms / 1000) as f64 + ((ms % 1000) * 1_000_000) as f64 / 1e9
}

/// The number behind a sign.
pub(crate) fn apply_sign(op: UnaryOp, value: f64) -> f64 {
    match op {
        UnaryOp::Plus => value,
        UnaryOp::Minus => -value,
    }
}

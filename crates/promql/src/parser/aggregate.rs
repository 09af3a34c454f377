//! Aggregations and the modifiers of binary operators, which share their label lists.
//! Every aggregation's name is also a metric name: it aggregates only when `(`, `by` or `without`
//! follows.

use super::cursor::Context;
use super::{Parser, Tree, apply_sign, sign};
use crate::ast::{AggregateExpr, AggregateOp, Cardinality, Expr, ExprKind, Place, VectorMatching};
use crate::token::{TokenKind, Word};
use crate::{ErrorKind, ParseError, suggest};

/// `by (a, b)` or `without (a, b)`.
#[derive(Default)]
struct Grouping {
    labels: Vec<String>,
    without: bool,
}

impl Parser<'_> {
    /// Does the token behind an aggregation's name make it one?
    pub(crate) fn grouping_or_body_follows(&self) -> bool {
        matches!(self.next.kind, TokenKind::LeftParen | TokenKind::Word(Word::By | Word::Without))
    }

    pub(crate) fn aggregate(&mut self, op: AggregateOp) -> Result<Tree, ParseError> {
        let start = self.take().place.start;
        let context = Context { construct: "aggregation", expected: "" };
        let (grouping, args, height) = self.within(context, |parser| {
            let before = parser.grouping()?;
            parser.string_names_label = op == AggregateOp::CountValues;
            let (args, height) = parser.arguments()?;
            parser.string_names_label = false;
            let grouping = match before {
                Some(before) => before,
                None => parser.grouping()?.unwrap_or_default(),
            };
            Ok((grouping, args, height))
        })?;
        let place = Place { start, end: self.last_closing };
        let (parameter, expr) = self.aggregate_arguments(op, args, place)?;
        let Grouping { labels: grouping, without } = grouping;
        let aggregate = AggregateExpr { op, parameter, expr, grouping, without };
        self.grown(height, place, ExprKind::Aggregate(Box::new(aggregate)))
    }

    fn aggregate_arguments(
        &self,
        op: AggregateOp,
        args: Vec<Expr>,
        place: Place,
    ) -> Result<(Option<Expr>, Expr), ParseError> {
        let count = args.len();
        if count == 0 {
            let message = "no arguments for aggregate expression provided";
            return Err(self.error(ErrorKind::Meaning, place, message));
        }
        if op.is_experimental() && !self.options.experimental_functions {
            let feature = "promql-experimental-functions";
            let message = format!(
                "{}() is experimental and must be enabled with --enable-feature={feature}",
                op.as_str()
            );
            let error = self.error(ErrorKind::Disabled, place, message);
            return Err(error.suggest(suggest::feature(feature)));
        }
        let mut args = args.into_iter();
        let (wanted, parameter, expr) =
            if op.has_parameter() { (2, args.next(), args.next()) } else { (1, None, args.next()) };
        match expr {
            Some(expr) if count == wanted => Ok((parameter, expr)),
            _ => {
                let message = format!(
                    "wrong number of arguments for aggregate expression provided, \
                     expected {wanted}, got {count}"
                );
                Err(self.error(ErrorKind::Meaning, place, message))
            }
        }
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, ParseError> {
        let without = match self.current.kind {
            TokenKind::Word(Word::By) => false,
            TokenKind::Word(Word::Without) => true,
            _ => return Ok(None),
        };
        self.take();
        let labels = self.labels()?;
        Ok(Some(Grouping { labels, without }))
    }

    /// `bool on (a) group_left (b) fill (0)`, each part optional, in this order.
    pub(crate) fn binary_modifiers(&mut self) -> Result<(bool, VectorMatching), ParseError> {
        let mut matching = VectorMatching::default();
        let return_bool = self.accept(TokenKind::Word(Word::Bool)).is_some();
        let on = self.current.kind == TokenKind::Word(Word::On);
        if on || self.current.kind == TokenKind::Word(Word::Ignoring) {
            self.take();
            matching.on = on;
            matching.labels = self.labels()?;
            // Upstream knows `group_left` only behind `on` or `ignoring`.
            self.group(&mut matching)?;
        }
        self.fill(&mut matching)?;
        Ok((return_bool, matching))
    }

    fn group(&mut self, matching: &mut VectorMatching) -> Result<(), ParseError> {
        matching.cardinality = match self.current.kind {
            TokenKind::Word(Word::GroupLeft) => Cardinality::ManyToOne,
            TokenKind::Word(Word::GroupRight) => Cardinality::OneToMany,
            _ => return Ok(()),
        };
        self.take();
        if self.current.kind == TokenKind::LeftParen {
            matching.include = self.labels()?;
        }
        Ok(())
    }

    /// `fill (1)`, or `fill_left (1)` and `fill_right (2)` in any order.
    fn fill(&mut self, matching: &mut VectorMatching) -> Result<(), ParseError> {
        let word = |parser: &Self| match parser.current.kind {
            TokenKind::Word(word @ (Word::Fill | Word::FillLeft | Word::FillRight)) => Some(word),
            _ => None,
        };
        let Some(first) = word(self) else { return Ok(()) };
        self.fill_side(first, matching)?;
        match (first, word(self)) {
            (Word::FillLeft, Some(second @ Word::FillRight))
            | (Word::FillRight, Some(second @ Word::FillLeft)) => self.fill_side(second, matching),
            _ => Ok(()),
        }
    }

    fn fill_side(&mut self, word: Word, matching: &mut VectorMatching) -> Result<(), ParseError> {
        self.take();
        self.expect(TokenKind::LeftParen)?;
        let sign = sign(self.current.kind);
        if sign.is_some() {
            self.take();
        }
        if !matches!(self.current.kind, TokenKind::Number | TokenKind::Duration) {
            return Err(self.unexpected());
        }
        let (_, number) = self.number_literal()?;
        let value = sign.map_or(number.value, |sign| apply_sign(sign, number.value));
        self.expect(TokenKind::RightParen)?;
        matching.fill_together = word == Word::Fill;
        if word != Word::FillRight {
            matching.fill_left = Some(value);
        }
        if word != Word::FillLeft {
            matching.fill_right = Some(value);
        }
        Ok(())
    }

    /// `(a, "b c", by,)`
    fn labels(&mut self) -> Result<Vec<String>, ParseError> {
        if self.accept(TokenKind::LeftParen).is_none() {
            return Err(self.unexpected_in(grouping_opts("\"(\"")));
        }
        let mut labels = Vec::new();
        if self.accept(TokenKind::RightParen).is_some() {
            return Ok(labels);
        }
        loop {
            self.count_part()?;
            labels.push(self.label()?);
            let comma = self.accept(TokenKind::Comma).is_some();
            if self.accept(TokenKind::RightParen).is_some() {
                return Ok(labels);
            }
            if !comma {
                return Err(self.unexpected_in(grouping_opts("\",\" or \")\"")));
            }
        }
    }

    fn label(&mut self) -> Result<String, ParseError> {
        let token = self.current;
        if token.kind == TokenKind::String {
            self.take();
            let name = self.unquote(token)?;
            if name.is_empty() {
                let message = "invalid label name for grouping: \"\"";
                return Err(self.error(ErrorKind::Meaning, token.place, message));
            }
            return Ok(name);
        }
        if !token.kind.is_grouping_label() {
            return Err(self.unexpected_in(grouping_opts("label")));
        }
        self.take();
        Ok(token.place.text(self.source).to_owned())
    }
}

const fn grouping_opts(expected: &'static str) -> Context {
    Context { construct: "grouping opts", expected }
}

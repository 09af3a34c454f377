//! Vector selectors: `up`, `up{job="node"}`, `{"my.metric", "l"="v"}`.
//! A name inside the braces becomes a matcher only; a name in front of them comes last among the
//! matchers, as upstream keeps them.

use super::Parser;
use super::cursor::Context;
use crate::ast::{BinaryOp, DurationExpr, Place, VectorSelector, WindowEdge};
use crate::token::TokenKind;
use crate::{ErrorKind, ParseError};
use model::{METRIC_NAME, MatchOp, Matcher};

impl Parser<'_> {
    /// A selector without range and modifiers, and its place.
    pub(crate) fn vector_selector(&mut self) -> Result<(VectorSelector, Place), ParseError> {
        let first = self.current.place;
        let name = match self.current.kind {
            kind if kind.is_metric_name() => Some(self.take().place.text(self.source).to_owned()),
            TokenKind::LeftBrace => None,
            _ => return Err(self.unexpected()),
        };
        let mut place = first;
        let mut matchers = Vec::new();
        if self.current.kind == TokenKind::LeftBrace {
            (matchers, place.end) = self.matchers()?;
        }
        matchers.extend(name.as_ref().map(|name| Matcher::equal(METRIC_NAME, name)));
        let offset = DurationExpr::Fixed(0);
        let edge = WindowEdge::Plain;
        Ok((VectorSelector { name, matchers, offset, at: None, edge }, place))
    }

    /// `{a="b", c=~"d",}` and the end of it.
    fn matchers(&mut self) -> Result<(Vec<Matcher>, usize), ParseError> {
        self.expect(TokenKind::LeftBrace)?;
        let mut matchers = Vec::new();
        loop {
            if let Some(brace) = self.accept(TokenKind::RightBrace) {
                return Ok((matchers, brace.place.end));
            }
            self.count_part()?;
            matchers.push(self.matcher()?);
            // The comma before `}` is optional, but what follows a matcher is one of them.
            if self.accept(TokenKind::Comma).is_none() && self.current.kind != TokenKind::RightBrace
            {
                return Err(self.unexpected_in(matching("\",\" or \"}\"")));
            }
        }
    }

    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let token = self.current;
        let name = match token.kind {
            TokenKind::Identifier => token.place.text(self.source).to_owned(),
            TokenKind::String => self.unquote(token)?,
            _ => return Err(self.unexpected_in(matching("identifier or \"}\""))),
        };
        self.take();
        let op = match self.current.kind {
            TokenKind::Assign => MatchOp::Equal,
            TokenKind::Operator(BinaryOp::NotEqual) => MatchOp::NotEqual,
            TokenKind::RegexMatch => MatchOp::Regex,
            TokenKind::RegexNoMatch => MatchOp::NotRegex,
            // A quoted string alone is the metric name.
            _ if token.kind == TokenKind::String => return Ok(Matcher::equal(METRIC_NAME, &name)),
            _ => return Err(self.unexpected_in(matching("label matching operator"))),
        };
        self.take();
        if self.current.kind != TokenKind::String {
            return Err(self.unexpected_in(matching("string")));
        }
        let value_token = self.take();
        let value = self.unquote(value_token)?;
        let place = Place { start: token.place.start, end: value_token.place.end };
        let matcher = Matcher::new(op, &name, &value)
            .map_err(|error| self.error(ErrorKind::Meaning, place, error.to_string()))?;
        self.count_pattern(place, &matcher)?;
        Ok(matcher)
    }
}

const fn matching(expected: &'static str) -> Context {
    Context { construct: "label matching", expected }
}

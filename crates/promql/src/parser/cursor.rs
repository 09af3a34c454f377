//! The parser's hold on the token stream: two tokens of lookahead, errors, and limits.
//! An error of the lexer is reported only when the parser needs the token it stands for, so that
//! an earlier complaint about the meaning comes first, as upstream.

use super::{HEIGHT_MAX, NESTING_MAX, PARTS_MAX, PATTERN_BYTES_MAX, Tree};
use crate::ast::{Expr, ExprKind, Place};
use crate::lexer::Lexer;
use crate::token::{Token, TokenKind};
use crate::{ErrorKind, ParseError, ParserOptions, literal, suggest};
use model::{Matcher, Pattern};

/// Parser of one text.
pub(crate) struct Parser<'a> {
    pub(crate) source: &'a str,
    pub(crate) options: ParserOptions,
    lexer: Lexer<'a>,
    pub(crate) current: Token,
    pub(crate) next: Token,
    /// End of the last consumed token that may close an expression.
    pub(crate) last_closing: usize,
    /// What is being read, for errors: upstream's `in aggregation`, `in offset, expected ...`.
    /// Left as it is when an error leaves the construct: the first error ends the parse.
    contexts: Vec<Context>,
    nesting: usize,
    /// Operands, matchers and labels so far.
    parts: usize,
    /// Of compiled regular expressions so far.
    pattern_bytes: usize,
    /// A string read now will name a label: upstream's complaint about it differs.
    pub(crate) string_names_label: bool,
    /// Operators of the duration being read.
    pub(crate) duration_operators: usize,
}

/// A construct and what it expects where the text goes wrong.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    pub(crate) construct: &'static str,
    pub(crate) expected: &'static str,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(source: &'a str, options: ParserOptions) -> Self {
        let mut lexer = Lexer::new(source);
        let current = lexer.next_token();
        let next = lexer.next_token();
        Self {
            source,
            options,
            lexer,
            current,
            next,
            last_closing: 0,
            contexts: Vec::new(),
            nesting: 0,
            parts: 0,
            pattern_bytes: 0,
            string_names_label: false,
            duration_operators: 0,
        }
    }

    /// Consumes the current token.
    pub(crate) fn take(&mut self) -> Token {
        let taken = self.current;
        if matches!(
            taken.kind,
            TokenKind::RightBrace
                | TokenKind::RightParen
                | TokenKind::RightBracket
                | TokenKind::Duration
                | TokenKind::Number
        ) {
            self.last_closing = taken.place.end;
        }
        self.current = self.next;
        self.next = self.lexer.next_token();
        taken
    }

    /// Consumes the current token if it is of this kind.
    pub(crate) fn accept(&mut self, kind: TokenKind) -> Option<Token> {
        (self.current.kind == kind).then(|| self.take())
    }

    /// Consumes a token of this kind or complains about the current one.
    pub(crate) fn expect(&mut self, kind: TokenKind) -> Result<Token, ParseError> {
        self.accept(kind).ok_or_else(|| self.unexpected())
    }

    pub(crate) fn expect_end(&mut self) -> Result<(), ParseError> {
        self.expect(TokenKind::End).map(|_| ())
    }

    /// Reads something during which errors name `context`.
    pub(crate) fn within<T>(
        &mut self,
        context: Context,
        read: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        self.contexts.push(context);
        let value = read(self)?;
        self.contexts.pop();
        Ok(value)
    }

    /// The current token stands where nothing like it may; names the innermost construct.
    pub(crate) fn unexpected(&self) -> ParseError {
        match self.contexts.last() {
            Some(context) => self.unexpected_in(*context),
            None => self.unexpected_in(Context { construct: "", expected: "" }),
        }
    }

    /// The current token stands where nothing like it may.
    pub(crate) fn unexpected_in(&self, context: Context) -> ParseError {
        let Token { kind, place } = self.current;
        if kind == TokenKind::Bad {
            return self.lexer_error();
        }
        let text = place.text(self.source);
        let mut message = format!("unexpected {}", kind.describe(text));
        if !context.construct.is_empty() {
            message = format!("{message} in {}", context.construct);
        }
        if !context.expected.is_empty() {
            message = format!("{message}, expected {}", context.expected);
        }
        let error = self.error(ErrorKind::Syntax, place, message);
        error.suggest(suggest::for_unexpected(kind, text, context.expected))
    }

    fn lexer_error(&self) -> ParseError {
        let Some(found) = self.lexer.error() else {
            return self.error(ErrorKind::Syntax, self.current.place, "unexpected end of input");
        };
        let hint = suggest::for_character(&self.source[found.place.start..]);
        self.error(ErrorKind::Syntax, found.place, &*found.message).suggest(hint)
    }

    pub(crate) fn error(
        &self,
        kind: ErrorKind,
        place: Place,
        message: impl Into<String>,
    ) -> ParseError {
        ParseError::new(kind, self.source, place, message)
    }

    /// Value of a string token.
    pub(crate) fn unquote(&self, token: Token) -> Result<String, ParseError> {
        literal::unquote(token.place.text(self.source)).map_err(|bytes| {
            let shown = literal::quote_bytes(&bytes);
            let message = if self.string_names_label {
                format!("invalid label name {shown}")
            } else {
                format!("string {shown} is not valid UTF-8")
            };
            self.error(ErrorKind::Meaning, token.place, message)
        })
    }

    /// One level deeper in the text.
    pub(crate) fn enter(&mut self) -> Result<(), ParseError> {
        self.nesting += 1;
        if self.nesting <= NESTING_MAX {
            return Ok(());
        }
        let message = format!("expression is nested more than {NESTING_MAX} levels deep");
        Err(self.error(ErrorKind::Limit, self.current.place, message))
    }

    /// Back from a level; not called when an error leaves it.
    pub(crate) fn leave(&mut self) {
        self.nesting -= 1;
    }

    /// Counts an operand, a matcher or a label that comes now.
    pub(crate) fn count_part(&mut self) -> Result<(), ParseError> {
        self.parts += 1;
        if self.parts <= PARTS_MAX {
            return Ok(());
        }
        let message = format!("expression has more than {PARTS_MAX} operands, matchers and labels");
        Err(self.error(ErrorKind::Limit, self.current.place, message))
    }

    /// Counts what the regular expression of a matcher holds.
    pub(crate) fn count_pattern(
        &mut self,
        place: Place,
        matcher: &Matcher,
    ) -> Result<(), ParseError> {
        self.pattern_bytes += matcher.pattern().map_or(0, Pattern::compiled_bytes);
        if self.pattern_bytes <= PATTERN_BYTES_MAX {
            return Ok(());
        }
        let mib = PATTERN_BYTES_MAX >> 20;
        let message = format!("regular expressions would hold more than {mib} MiB compiled");
        Err(self.error(ErrorKind::Limit, place, message))
    }

    /// A node above sub-trees of `height`.
    pub(crate) fn grown(
        &self,
        height: usize,
        place: Place,
        kind: ExprKind,
    ) -> Result<Tree, ParseError> {
        let height = height + 1;
        if height <= HEIGHT_MAX {
            return Ok(Tree { expr: Expr { place, kind }, height });
        }
        let message = format!("expression chains more than {HEIGHT_MAX} operations");
        Err(self.error(ErrorKind::Limit, place, message))
    }
}

//! Cuts the text of a template into tokens: plain text, delimiters and what stands between them.
//! Fed by a file or a field, read by the parser. Semantics: Go's text/template/parse, lex.go.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing more can be read; the message says why.
    Error(Trouble),
    Eof,
    Text,
    LeftDelim,
    RightDelim,
    LeftParen,
    RightParen,
    Space,
    Pipe,
    Assign,
    Declare,
    /// Any other printable ASCII character, a comma for example.
    Char,
    CharConstant,
    Number,
    Complex,
    Str,
    RawStr,
    Bool,
    Dot,
    Field,
    Variable,
    Identifier,
    Keyword(Keyword),
}

/// Words that are no functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// Why the text cannot be cut any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    BadCharacter(char),
    BadNumber,
    CommentEnd,
    ExpectedDeclare,
    RightParen,
    UnclosedAction,
    UnclosedComment,
    UnclosedParen,
    UnknownCharacter(char),
    UnterminatedChar,
    UnterminatedRaw,
    UnterminatedString,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Offset behind its last byte.
    pub(super) end: usize,
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const COMMENT: (&str, &str) = ("/*", "*/");

/// Cuts a text; the last token is `Eof` or `Error`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, start: 0, at: 0, parens: 0, tokens: Vec::new() };
    let trouble = lexer.run().err();
    if let Some(trouble) = trouble {
        let (start, end) = (lexer.start, lexer.at);
        lexer.tokens.push(Token { kind: Kind::Error(trouble), start, end });
    }
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    /// Where the current token begins.
    start: usize,
    at: usize,
    parens: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Trouble> {
        while let Some(offset) = self.rest().find(LEFT) {
            let delim = self.at + offset;
            let trims = trims_left(&self.text[delim + LEFT.len()..]);
            let plain = &self.text[self.at..delim];
            self.at += if trims { plain.trim_end_matches(is_space).len() } else { plain.len() };
            self.emit_if_any(Kind::Text);
            self.at = delim;
            self.start = delim;
            self.left_delim(trims)?;
        }
        self.at = self.text.len();
        self.emit_if_any(Kind::Text);
        self.emit(Kind::Eof);
        Ok(())
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|c| valid.contains(c));
        self.at += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn emit(&mut self, kind: Kind) {
        self.tokens.push(Token { kind, start: self.start, end: self.at });
        self.start = self.at;
    }

    fn emit_if_any(&mut self, kind: Kind) {
        if self.at > self.start {
            self.emit(kind);
        }
    }

    fn left_delim(&mut self, trims: bool) -> Result<(), Trouble> {
        self.at += LEFT.len();
        let marker = if trims { 2 } else { 0 };
        if self.text[self.at + marker..].starts_with(COMMENT.0) {
            self.at += marker;
            self.start = self.at;
            return self.comment();
        }
        self.emit(Kind::LeftDelim);
        self.at += marker;
        self.start = self.at;
        self.parens = 0;
        while !self.inside_action()? {}
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Trouble> {
        let end = self.rest().find(COMMENT.1).ok_or(Trouble::UnclosedComment)?;
        self.at += end + COMMENT.1.len();
        let trims = self.right_delim_ahead().ok_or(Trouble::CommentEnd)?;
        self.skip_right_delim(trims);
        Ok(())
    }

    /// Stands here a right delimiter, and does it trim what follows?
    fn right_delim_ahead(&self) -> Option<bool> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let trims = chars.next().is_some_and(is_space) && chars.next() == Some('-');
        if trims && rest[2..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    /// Goes behind the delimiter and what it trims, without a token.
    fn skip_right_delim(&mut self, trims: bool) {
        self.at += if trims { 2 + RIGHT.len() } else { RIGHT.len() };
        if trims {
            self.at += self.rest().len() - self.rest().trim_start_matches(is_space).len();
        }
        self.start = self.at;
    }

    /// Reads the next token of an action; true when that was its end.
    fn inside_action(&mut self) -> Result<bool, Trouble> {
        if let Some(trims) = self.right_delim_ahead() {
            if self.parens > 0 {
                return Err(Trouble::UnclosedParen);
            }
            self.start += if trims { 2 } else { 0 };
            let (start, end) = (self.start, self.start + RIGHT.len());
            self.tokens.push(Token { kind: Kind::RightDelim, start, end });
            self.skip_right_delim(trims);
            return Ok(true);
        }
        let first = self.peek().ok_or(Trouble::UnclosedAction)?;
        match first {
            c if is_space(c) => self.space(),
            '0'..='9' | '+' | '-' => self.number()?,
            '.' if self.at + 1 == self.text.len() => self.number()?,
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number()?,
            c if is_alphanumeric(c) => self.word()?,
            _ => self.punctuation(first)?,
        }
        Ok(false)
    }

    fn punctuation(&mut self, first: char) -> Result<(), Trouble> {
        self.next();
        match first {
            '.' => self.name(Kind::Dot, Kind::Field)?,
            '$' => self.name(Kind::Variable, Kind::Variable)?,
            '=' => self.emit(Kind::Assign),
            ':' if self.accept("=") => self.emit(Kind::Declare),
            ':' => {
                self.next();
                return Err(Trouble::ExpectedDeclare);
            }
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::Str, Trouble::UnterminatedString)?,
            '\'' => self.quoted('\'', Kind::CharConstant, Trouble::UnterminatedChar)?,
            '`' => self.raw()?,
            '(' => {
                self.emit(Kind::LeftParen);
                self.parens += 1;
            }
            ')' => {
                self.parens = self.parens.checked_sub(1).ok_or(Trouble::RightParen)?;
                self.emit(Kind::RightParen);
            }
            ' '..='~' => self.emit(Kind::Char),
            other => return Err(Trouble::UnknownCharacter(other)),
        }
        Ok(())
    }

    /// A run of spaces, without the one that belongs to a trimming delimiter.
    fn space(&mut self) {
        while self.peek().is_some_and(is_space) && self.right_delim_ahead().is_none() {
            self.next();
        }
        self.emit_if_any(Kind::Space);
    }

    /// A word: a keyword, a constant or the name of a function.
    fn word(&mut self) -> Result<(), Trouble> {
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        let word = &self.text[self.start..self.at];
        let kind = match word {
            "true" | "false" => Kind::Bool,
            word => keyword(word).map_or(Kind::Identifier, Kind::Keyword),
        };
        self.terminate()?;
        self.emit(kind);
        Ok(())
    }

    /// A name behind `.` or `$`, which stand alone when none follows.
    fn name(&mut self, alone: Kind, named: Kind) -> Result<(), Trouble> {
        let before = self.at;
        if !self.at_terminator() {
            while self.peek().is_some_and(is_alphanumeric) {
                self.next();
            }
            self.terminate()?;
        }
        self.emit(if self.at == before { alone } else { named });
        Ok(())
    }

    /// A name must be followed by something that cannot be part of an expression around it.
    fn terminate(&mut self) -> Result<(), Trouble> {
        if self.at_terminator() {
            return Ok(());
        }
        Err(Trouble::BadCharacter(self.peek().expect("the end of the text terminates")))
    }

    fn at_terminator(&self) -> bool {
        self.peek().is_none_or(|c| is_space(c) || ".,|:)(}".contains(c))
    }

    fn quoted(&mut self, quote: char, kind: Kind, open: Trouble) -> Result<(), Trouble> {
        loop {
            match self.next() {
                None | Some('\n') => return Err(open),
                Some('\\') => {
                    self.next().filter(|c| *c != '\n').ok_or(open)?;
                }
                Some(c) if c == quote => break,
                Some(_) => {}
            }
        }
        self.emit(kind);
        Ok(())
    }

    fn raw(&mut self) -> Result<(), Trouble> {
        let Some(end) = self.rest().find('`') else {
            self.at = self.text.len();
            return Err(Trouble::UnterminatedRaw);
        };
        self.at += end + 1;
        self.emit(Kind::RawStr);
        Ok(())
    }

    /// A number or a complex constant; wrong digits are left for the parser.
    fn number(&mut self) -> Result<(), Trouble> {
        self.scan_number()?;
        if !matches!(self.peek(), Some('+' | '-')) {
            self.emit(Kind::Number);
            return Ok(());
        }
        self.scan_number()?;
        if !self.text[..self.at].ends_with('i') {
            return Err(Trouble::BadNumber);
        }
        self.emit(Kind::Complex);
        Ok(())
    }

    fn scan_number(&mut self) -> Result<(), Trouble> {
        const DECIMAL: &str = "0123456789_";
        const HEX: &str = "0123456789abcdefABCDEF_";
        self.accept("+-");
        let digits = match self.accept("0") {
            true if self.accept("xX") => HEX,
            true if self.accept("oO") => "01234567_",
            true if self.accept("bB") => "01_",
            _ => DECIMAL,
        };
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if (digits == DECIMAL && self.accept("eE")) || (digits == HEX && self.accept("pP")) {
            self.accept("+-");
            self.accept_run(DECIMAL);
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return Err(Trouble::BadNumber);
        }
        Ok(())
    }
}

/// Begins the text behind a left delimiter with the marker that trims the text before it?
fn trims_left(behind: &str) -> bool {
    let mut chars = behind.chars();
    chars.next() == Some('-') && chars.next().is_some_and(is_space)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn keyword(word: &str) -> Option<Keyword> {
    Some(match word {
        "block" => Keyword::Block,
        "break" => Keyword::Break,
        "continue" => Keyword::Continue,
        "define" => Keyword::Define,
        "else" => Keyword::Else,
        "end" => Keyword::End,
        "if" => Keyword::If,
        "nil" => Keyword::Nil,
        "range" => Keyword::Range,
        "template" => Keyword::Template,
        "with" => Keyword::With,
        _ => return None,
    })
}

impl Trouble {
    /// The sentence of the error; `text` is what was read of the token.
    pub(super) fn message(self, text: &str) -> String {
        match self {
            Self::BadCharacter(c) => format!("bad character {}", unicode(c)),
            Self::BadNumber => format!("bad number syntax: {}", crate::fmt::quote(text)),
            Self::CommentEnd => "comment ends before closing delimiter".into(),
            Self::ExpectedDeclare => "expected :=".into(),
            Self::RightParen => "unexpected right paren".into(),
            Self::UnclosedAction => "unclosed action".into(),
            Self::UnclosedComment => "unclosed comment".into(),
            Self::UnclosedParen => "unclosed left paren".into(),
            Self::UnknownCharacter(c) => {
                format!("unrecognized character in action: {}", unicode(c))
            }
            Self::UnterminatedChar => "unterminated character constant".into(),
            Self::UnterminatedRaw => "unterminated raw quoted string".into(),
            Self::UnterminatedString => "unterminated quoted string".into(),
        }
    }
}

/// `U+0041 'A'`, Go's `%#U`.
fn unicode(c: char) -> String {
    let shown = if crate::fmt::is_print(c) { format!(" '{c}'") } else { String::new() };
    format!("U+{:04X}{shown}", u32::from(c))
}

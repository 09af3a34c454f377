//! Tokens of PromQL and how upstream names them in its errors.
//! Produced by `lexer`, consumed by `parser`; a token knows its place, never its meaning.

use crate::ast::{AggregateOp, BinaryOp, Place};

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) place: Place,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// End of the text.
    End,
    /// The lexer stopped; its error says why.
    Bad,
    /// `up`, and inside braces any label name.
    Identifier,
    /// A name with a colon: `job:rate:5m`.
    MetricIdentifier,
    /// A quoted string, quotes included.
    String,
    /// `1`, `0x1f`, `1e3`, `Inf`, `NaN`
    Number,
    /// `5m`
    Duration,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    At,
    /// `=`
    Assign,
    /// `=~`
    RegexMatch,
    /// `!~`
    RegexNoMatch,
    /// Arithmetic, comparison and set operators; `!=` is also a matcher.
    Operator(BinaryOp),
    /// `sum`, `topk`, ...
    Aggregate(AggregateOp),
    /// Other words with a meaning; most of them may also be names.
    Word(Word),
}

/// Words with a meaning that are neither operators nor aggregations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Anchored,
    Bool,
    By,
    End,
    Fill,
    FillLeft,
    FillRight,
    GroupLeft,
    GroupRight,
    Ignoring,
    MaxOf,
    MinOf,
    Offset,
    On,
    Range,
    Smoothed,
    Start,
    Step,
    Without,
}

impl Word {
    /// Upstream prints keywords as `<by>` but the preprocessor words as `"start"`.
    const fn is_preprocessor(self) -> bool {
        matches!(
            self,
            Self::Start | Self::End | Self::Step | Self::Range | Self::MaxOf | Self::MinOf
        )
    }
}

/// Reserved words in lower case, aggregations aside; they are recognised in any case.
const WORDS: [(&str, TokenKind); 25] = [
    ("and", TokenKind::Operator(BinaryOp::And)),
    ("or", TokenKind::Operator(BinaryOp::Or)),
    ("unless", TokenKind::Operator(BinaryOp::Unless)),
    ("atan2", TokenKind::Operator(BinaryOp::Atan2)),
    ("offset", TokenKind::Word(Word::Offset)),
    ("smoothed", TokenKind::Word(Word::Smoothed)),
    ("anchored", TokenKind::Word(Word::Anchored)),
    ("by", TokenKind::Word(Word::By)),
    ("without", TokenKind::Word(Word::Without)),
    ("on", TokenKind::Word(Word::On)),
    ("ignoring", TokenKind::Word(Word::Ignoring)),
    ("group_left", TokenKind::Word(Word::GroupLeft)),
    ("group_right", TokenKind::Word(Word::GroupRight)),
    ("fill", TokenKind::Word(Word::Fill)),
    ("fill_left", TokenKind::Word(Word::FillLeft)),
    ("fill_right", TokenKind::Word(Word::FillRight)),
    ("bool", TokenKind::Word(Word::Bool)),
    ("start", TokenKind::Word(Word::Start)),
    ("end", TokenKind::Word(Word::End)),
    ("step", TokenKind::Word(Word::Step)),
    ("range", TokenKind::Word(Word::Range)),
    ("min_of", TokenKind::Word(Word::MinOf)),
    ("max_of", TokenKind::Word(Word::MaxOf)),
    ("inf", TokenKind::Number),
    ("nan", TokenKind::Number),
];

/// What a bare word is, if it is reserved.
pub(crate) fn reserved_word(text: &str) -> Option<TokenKind> {
    let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    let aggregation = || {
        let op = AggregateOp::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(text));
        op.map(TokenKind::Aggregate)
    };
    word.map(|(_, kind)| *kind).or_else(aggregation)
}

impl TokenKind {
    /// May the token name a metric in front of braces? Upstream's `metric_identifier`.
    pub(crate) const fn is_metric_name(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregate(_) => true,
            Self::Operator(op) => op.is_set_operator(),
            Self::Word(word) => !matches!(
                word,
                Word::Bool | Word::GroupLeft | Word::GroupRight | Word::Ignoring | Word::On
            ),
            _ => false,
        }
    }

    /// May the token be a label in `by`, `on`, ...? Upstream's `maybe_label`.
    pub(crate) const fn is_grouping_label(self) -> bool {
        self.is_metric_name() || matches!(self, Self::Word(_) | Self::Operator(BinaryOp::Atan2))
    }

    /// May the token be the name of a function when `(` follows?
    pub(crate) const fn is_function_name(self) -> bool {
        match self {
            Self::Identifier => true,
            Self::Word(word) => word.is_preprocessor(),
            _ => false,
        }
    }

    /// The token in upstream's errors: `end of input`, `identifier "foo"`, `<op:+>`, `<by>`, `")"`.
    pub(crate) fn describe(self, text: &str) -> String {
        match self {
            Self::End | Self::Bad => "end of input".into(),
            Self::Identifier => format!("identifier {}", model::quote(text)),
            Self::MetricIdentifier => format!("metric identifier {}", model::quote(text)),
            Self::String => format!("string {}", quote_short(text)),
            Self::Number => format!("number {}", quote_short(text)),
            Self::Duration => format!("duration {}", quote_short(text)),
            Self::At | Self::Operator(_) | Self::RegexMatch | Self::RegexNoMatch => {
                format!("<op:{text}>")
            }
            Self::Aggregate(_) => format!("<aggr:{text}>"),
            Self::Word(word) if !word.is_preprocessor() => format!("<{text}>"),
            Self::Word(_)
            | Self::LeftParen
            | Self::RightParen
            | Self::LeftBrace
            | Self::RightBrace
            | Self::LeftBracket
            | Self::RightBracket
            | Self::Comma
            | Self::Colon
            | Self::Assign => quote_short(text),
        }
    }
}

/// Upstream quotes at most ten characters of a token: `"0123456789"...`.
fn quote_short(text: &str) -> String {
    if text.len() <= 10 {
        return model::quote(text).to_string();
    }
    let short: String = text.chars().take(10).collect();
    format!("{}...", model::quote(&short))
}

//! What a template says, as a tree. Built by the parser, walked by the evaluator.
//! Nodes print as Go prints them, because error messages quote them.

use crate::builtin::Builtin;
use crate::library::Signature;
use std::fmt;
use std::sync::Arc;

/// A text that was parsed, and what it is called in messages.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: Box<str>,
    pub(crate) text: Box<str>,
}

/// A template with a name.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<Source>,
    pub(crate) body: Vec<Node>,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Box<str>),
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Loop),
    Template(Invocation),
    Break,
    Continue,
}

/// `if` or `with`, with all its `else if`s.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) arms: Vec<(Pipe, Vec<Node>)>,
    pub(crate) otherwise: Vec<Node>,
}

#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) pipe: Pipe,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Vec<Node>,
}

/// `{{template "name" pipe}}`
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) at: usize,
    pub(crate) name: Box<str>,
    pub(crate) pipe: Option<Pipe>,
}

/// Commands, each feeding its result to the next, and variables that take the last one.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) at: usize,
    /// `=` rather than `:=`.
    pub(crate) assigns: bool,
    pub(crate) variables: Vec<Box<str>>,
    pub(crate) commands: Vec<Command>,
}

/// A function, method, field or constant and its arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) at: usize,
    /// Not empty.
    pub(crate) words: Vec<Word>,
}

/// A word of a command, with the offset of its first byte.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) at: usize,
    pub(crate) kind: WordKind,
}

#[derive(Debug)]
pub(crate) enum WordKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Str { quoted: Box<str>, text: Arc<str> },
    Field(Vec<Box<str>>),
    Variable { name: Box<str>, fields: Vec<Box<str>> },
    Function { name: Box<str>, callee: Callee },
    Chain { base: Box<Word>, fields: Vec<Box<str>> },
    Pipe(Box<Pipe>),
}

/// What a name calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callee {
    Builtin(Builtin),
    Library(&'static Signature),
}

/// A number as it stands in the text: it becomes what the place where it is used asks for.
#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) text: Box<str>,
    pub(crate) int: Option<i64>,
    pub(crate) float: Option<f64>,
}

impl Number {
    /// Would it be a float where nothing asks for a type?
    pub(crate) fn looks_like_float(&self) -> bool {
        let hex =
            self.text.len() > 2 && (self.text.starts_with("0x") || self.text.starts_with("0X"));
        let power = self.text.contains(['p', 'P']);
        let rune = self.text.starts_with('\'');
        !(rune || hex && !power) && self.text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}

/// Is there nothing but spaces in it? Such a definition does not replace another.
pub(crate) fn is_blank(body: &[Node]) -> bool {
    body.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", crate::fmt::quote(&self.name))?;
        if let Some(pipe) = &self.pipe {
            write!(f, " {pipe}")?;
        }
        f.write_str("}}")
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.variables.is_empty() {
            f.write_str(&self.variables.join(", "))?;
            f.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            let separator = if index > 0 { " | " } else { "" };
            write!(f, "{separator}{command}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            let separator = if index > 0 { " " } else { "" };
            write!(f, "{separator}{}", Grouped(word))?;
        }
        Ok(())
    }
}

/// A word inside a larger expression: pipelines stand in parentheses there.
struct Grouped<'a>(&'a Word);

impl fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            WordKind::Pipe(pipe) => write!(f, "({pipe})"),
            _ => self.0.fmt(f),
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            WordKind::Dot => f.write_str("."),
            WordKind::Nil => f.write_str("nil"),
            WordKind::Bool(value) => write!(f, "{value}"),
            WordKind::Number(number) => f.write_str(&number.text),
            WordKind::Str { quoted, .. } => f.write_str(quoted),
            WordKind::Field(fields) => write_fields(f, fields),
            WordKind::Variable { name, fields } => {
                f.write_str(name)?;
                write_fields(f, fields)
            }
            WordKind::Function { name, .. } => f.write_str(name),
            WordKind::Chain { base, fields } => {
                write!(f, "{}", Grouped(base))?;
                write_fields(f, fields)
            }
            WordKind::Pipe(pipe) => pipe.fmt(f),
        }
    }
}

fn write_fields(f: &mut fmt::Formatter<'_>, fields: &[Box<str>]) -> fmt::Result {
    fields.iter().try_for_each(|field| write!(f, ".{field}"))
}

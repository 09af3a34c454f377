//! Reads the text of a template into trees: the body and what it defines.
//! Used by `Templates::add`; the trees are walked by the evaluator. Semantics and messages: Go's
//! text/template/parse; bounds on size and nesting are ours.

pub(crate) mod ast;
mod lexer;
mod literal;

use crate::builtin::Builtin;
use crate::error::{Error, ErrorKind};
use crate::library::Signature;
use crate::limits::{NESTING_MAX, TEXT_BYTES_MAX};
use ast::{Branch, Callee, Command, Invocation, Loop, Node, Pipe, Source, Tree, Word, WordKind};
use lexer::{Keyword, Kind, Token};
use std::sync::Arc;

/// Reads a text named `name`: the trees it defines, its own body last.
pub(crate) fn parse(
    name: &str,
    text: &str,
    functions: &'static [Signature],
) -> Result<Vec<Tree>, Error> {
    if text.len() > TEXT_BYTES_MAX {
        let found = format!("{} bytes long, at most {TEXT_BYTES_MAX}", text.len());
        return Err(Error::new(ErrorKind::Limit, format!("template: {name}: {found}")));
    }
    let source = Arc::new(Source { name: name.into(), text: text.into() });
    let mut parser = Parser {
        source: &source,
        functions,
        tokens: lexer::tokens(text),
        next: 0,
        furthest: 0,
        variables: vec!["$".into()],
        loops: 0,
        nesting: 0,
        action: None,
        trees: Vec::new(),
    };
    let body = parser.top()?;
    parser.define(name, body)?;
    Ok(parser.trees)
}

struct Parser<'s> {
    source: &'s Arc<Source>,
    functions: &'static [Signature],
    /// Ends with `Eof` or `Error`, which are never passed.
    tokens: Vec<Token>,
    next: usize,
    /// Last token that was looked at: errors give its line.
    furthest: usize,
    variables: Vec<Box<str>>,
    loops: usize,
    nesting: usize,
    /// Where the action began that is being read.
    action: Option<usize>,
    trees: Vec<Tree>,
}

/// What ends a list of nodes.
enum End {
    End,
    /// `else`, and whether `if` or `with` follows in the same action.
    Else(Option<Keyword>),
}

impl End {
    fn shown(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else(_) => "{{else}}",
        }
    }
}

/// A node, or what ends the list.
enum Item {
    Node(Node),
    End(End),
}

/// Tokens.
impl<'s> Parser<'s> {
    fn peek(&mut self) -> Token {
        self.furthest = self.furthest.max(self.next);
        self.tokens[self.next]
    }

    fn take(&mut self) -> Token {
        let token = self.peek();
        if !matches!(token.kind, Kind::Eof | Kind::Error(_)) {
            self.next += 1;
        }
        token
    }

    fn peek_nonspace(&mut self) -> Token {
        while self.peek().kind == Kind::Space {
            self.next += 1;
        }
        self.peek()
    }

    fn take_nonspace(&mut self) -> Token {
        self.peek_nonspace();
        self.take()
    }

    fn text(&self, token: Token) -> &'s str {
        &self.source.text[token.start..token.end]
    }

    fn line(&self, at: usize) -> usize {
        1 + self.source.text[..at].matches('\n').count()
    }

    fn error(&self, message: &str) -> Error {
        let line = self.line(self.tokens[self.furthest].start);
        let name = &self.source.name;
        Error::new(ErrorKind::Parse, format!("template: {name}:{line}: {message}"))
    }

    fn unexpected(&self, token: Token, context: &str) -> Error {
        let Kind::Error(_) = token.kind else {
            return self.error(&format!("unexpected {} in {context}", self.shown(token)));
        };
        let mut message = self.shown(token);
        let begun = self.action.map(|at| self.line(at)).filter(|at| *at != self.line(token.start));
        if let Some(line) = begun {
            let within = if message.ends_with(" action") { "" } else { " in action" };
            let begun = format!("{within} started at {}:{line}", self.source.name);
            message += &begun;
        }
        self.error(&message)
    }

    fn shown(&self, token: Token) -> String {
        let text = self.text(token);
        match token.kind {
            Kind::Eof => "EOF".into(),
            Kind::Error(trouble) => trouble.message(text),
            Kind::Keyword(_) | Kind::Dot => format!("<{text}>"),
            _ if text.len() > 10 => {
                let start: String = text.chars().take(10).collect();
                format!("{}...", crate::fmt::quote(&start))
            }
            _ => crate::fmt::quote(text),
        }
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token, Error> {
        let token = self.take_nonspace();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }
}

/// Lists and control structures.
impl Parser<'_> {
    fn top(&mut self) -> Result<Vec<Node>, Error> {
        let mut nodes = Vec::new();
        loop {
            match self.peek().kind {
                Kind::Eof => return Ok(nodes),
                Kind::LeftDelim if self.define_follows() => {
                    self.definition()?;
                    continue;
                }
                _ => {}
            }
            match self.item()? {
                Item::Node(node) => nodes.push(node),
                Item::End(end) => return Err(self.error(&format!("unexpected {}", end.shown()))),
            }
        }
    }

    fn define_follows(&mut self) -> bool {
        let before = self.next;
        self.take();
        let follows = self.peek_nonspace().kind == Kind::Keyword(Keyword::Define);
        if !follows {
            self.next = before;
        }
        follows
    }

    /// `{{define "name"}} ... {{end}}`; only the delimiter has been passed.
    fn definition(&mut self) -> Result<(), Error> {
        const CONTEXT: &str = "define clause";
        self.take();
        let token = self.take_nonspace();
        let name = self.template_name(token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let body = self.body_of(CONTEXT)?;
        self.define(&name, body)
    }

    /// The body of a definition: it sees no variable but `$` and is in no loop.
    fn body_of(&mut self, context: &str) -> Result<Vec<Node>, Error> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let loops = std::mem::take(&mut self.loops);
        let (body, end) = self.list()?;
        if let End::Else(_) = end {
            return Err(self.error(&format!("unexpected {} in {context}", end.shown())));
        }
        self.variables = variables;
        self.loops = loops;
        Ok(body)
    }

    fn define(&mut self, name: &str, body: Vec<Node>) -> Result<(), Error> {
        let tree = Tree { name: name.into(), source: self.source.clone(), body };
        let Some(known) = self.trees.iter_mut().find(|known| *known.name == *name) else {
            self.trees.push(tree);
            return Ok(());
        };
        if ast::is_blank(&known.body) {
            *known = tree;
        } else if !ast::is_blank(&tree.body) {
            let name = crate::fmt::quote(name);
            return Err(self.error(&format!("template: multiple definition of template {name}")));
        }
        Ok(())
    }

    fn list(&mut self) -> Result<(Vec<Node>, End), Error> {
        self.nest()?;
        let mut nodes = Vec::new();
        while self.peek_nonspace().kind != Kind::Eof {
            match self.item()? {
                Item::Node(node) => nodes.push(node),
                Item::End(end) => {
                    self.nesting -= 1;
                    return Ok((nodes, end));
                }
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn nest(&mut self) -> Result<(), Error> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.error(&format!("nested more than {NESTING_MAX} deep")));
        }
        Ok(())
    }

    fn item(&mut self) -> Result<Item, Error> {
        let token = self.take_nonspace();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(self.text(token).into()))),
            Kind::LeftDelim => {
                self.action = Some(token.start);
                let item = self.action()?;
                self.action = None;
                Ok(item)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    fn action(&mut self) -> Result<Item, Error> {
        let token = self.peek_nonspace();
        let Kind::Keyword(keyword) = token.kind else {
            return Ok(Item::Node(Node::Action(self.pipeline("command", Kind::RightDelim)?)));
        };
        let begun = self.next;
        self.take();
        Ok(Item::Node(match keyword {
            Keyword::Block => Node::Template(self.block()?),
            Keyword::Break => self.leave("{{break}}", Node::Break)?,
            Keyword::Continue => self.leave("{{continue}}", Node::Continue)?,
            Keyword::If => Node::If(self.branch(Keyword::If, "if")?),
            Keyword::With => Node::With(self.branch(Keyword::With, "with")?),
            Keyword::Range => Node::Range(self.range()?),
            Keyword::Template => Node::Template(self.invocation()?),
            Keyword::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::End(End::End));
            }
            Keyword::Else => return Ok(Item::End(self.otherwise()?)),
            Keyword::Define | Keyword::Nil => {
                self.next = begun;
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        }))
    }

    fn otherwise(&mut self) -> Result<End, Error> {
        if let Kind::Keyword(keyword @ (Keyword::If | Keyword::With)) = self.peek_nonspace().kind {
            return Ok(End::Else(Some(keyword)));
        }
        self.expect(Kind::RightDelim, "else")?;
        Ok(End::Else(None))
    }

    fn leave(&mut self, shown: &str, node: Node) -> Result<Node, Error> {
        self.expect(Kind::RightDelim, shown)?;
        if self.loops == 0 {
            return Err(self.error(&format!("{shown} outside {{{{range}}}}")));
        }
        Ok(node)
    }

    /// `if` or `with`; `{{else if x}}` reads like `{{else}}{{if x}}` with one `{{end}}` for both.
    fn branch(&mut self, keyword: Keyword, context: &str) -> Result<Branch, Error> {
        let outer = self.variables.len();
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let pipe = self.pipeline(context, Kind::RightDelim)?;
            let (body, end) = self.list()?;
            arms.push((pipe, body));
            match end {
                End::End => break,
                End::Else(Some(again)) if again == keyword => drop(self.take()),
                End::Else(_) => {
                    otherwise = self.last_list()?;
                    break;
                }
            }
        }
        self.variables.truncate(outer);
        Ok(Branch { arms, otherwise })
    }

    fn range(&mut self) -> Result<Loop, Error> {
        let outer = self.variables.len();
        let pipe = self.pipeline("range", Kind::RightDelim)?;
        self.loops += 1;
        let (body, end) = self.list()?;
        self.loops -= 1;
        let otherwise = match end {
            End::End => Vec::new(),
            End::Else(_) => self.last_list()?,
        };
        self.variables.truncate(outer);
        Ok(Loop { pipe, body, otherwise })
    }

    /// The list behind `{{else}}`.
    fn last_list(&mut self) -> Result<Vec<Node>, Error> {
        let (list, end) = self.list()?;
        match end {
            End::End => Ok(list),
            End::Else(_) => Err(self.error(&format!("expected end; found {}", end.shown()))),
        }
    }

    /// `{{block "name" pipe}} ... {{end}}`: a definition and its use.
    fn block(&mut self) -> Result<Invocation, Error> {
        const CONTEXT: &str = "block clause";
        let token = self.take_nonspace();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let body = self.body_of(CONTEXT)?;
        self.define(&name, body)?;
        Ok(Invocation { at: token.start, name, pipe: Some(pipe) })
    }

    fn invocation(&mut self) -> Result<Invocation, Error> {
        const CONTEXT: &str = "template clause";
        let token = self.take_nonspace();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = if self.peek_nonspace().kind == Kind::RightDelim {
            self.take();
            None
        } else {
            Some(self.pipeline(CONTEXT, Kind::RightDelim)?)
        };
        Ok(Invocation { at: token.start, name, pipe })
    }

    fn template_name(&mut self, token: Token, context: &str) -> Result<Box<str>, Error> {
        match token.kind {
            Kind::Str | Kind::RawStr => self.unquote(token).map(Into::into),
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn unquote(&self, token: Token) -> Result<String, Error> {
        literal::unquote(self.text(token)).ok_or_else(|| self.error("invalid syntax"))
    }
}

/// Pipelines.
impl Parser<'_> {
    fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, Error> {
        let at = self.peek_nonspace().start;
        let (variables, assigns) = self.declarations(context)?;
        let mut commands: Vec<Command> = Vec::new();
        loop {
            let token = self.peek_nonspace();
            match token.kind {
                kind if kind == end => {
                    self.take();
                    break;
                }
                kind if begins_operand(kind) => commands.push(self.command()?),
                _ => return Err(self.unexpected(token, context)),
            }
        }
        if commands.is_empty() {
            return Err(self.error(&format!("missing value for {context}")));
        }
        let constant = commands.iter().skip(1).position(|command| is_constant(&command.words[0]));
        if let Some(index) = constant {
            let stage = index + 2;
            let message = format!("non executable command in pipeline stage {stage}");
            return Err(self.error(&message));
        }
        Ok(Pipe { at, assigns, variables, commands })
    }

    /// `$x :=`, `$x =`, or in a range `$i, $x :=`; nothing of these gives no variables.
    fn declarations(&mut self, context: &str) -> Result<(Vec<Box<str>>, bool), Error> {
        let mut variables: Vec<Box<str>> = Vec::new();
        loop {
            let variable = self.peek_nonspace();
            if variable.kind != Kind::Variable {
                return Ok((variables, false));
            }
            let before = self.next;
            self.take();
            let next = self.peek_nonspace();
            let is_comma = next.kind == Kind::Char && self.text(next) == ",";
            if !is_comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                self.next = before;
                return Ok((variables, false));
            }
            self.take();
            let name: Box<str> = self.text(variable).into();
            variables.push(name.clone());
            self.variables.push(name);
            if !is_comma {
                return Ok((variables, next.kind == Kind::Assign));
            }
            if context != "range" || variables.len() > 1 {
                return Err(self.error(&format!("too many declarations in {context}")));
            }
            let follows = self.peek_nonspace().kind;
            if !matches!(follows, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                return Err(self.error("range can only initialize variables"));
            }
        }
    }

    fn command(&mut self) -> Result<Command, Error> {
        let at = self.peek_nonspace().start;
        let mut words = Vec::new();
        loop {
            self.peek_nonspace();
            words.extend(self.operand()?);
            let token = self.peek();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelim | Kind::RightParen => break,
                Kind::Pipe => {
                    self.take();
                    break;
                }
                _ => {
                    self.take();
                    return Err(self.unexpected(token, "operand"));
                }
            }
        }
        if words.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(Command { at, words })
    }

    /// A term and the fields asked of it; `None` when no term follows.
    fn operand(&mut self) -> Result<Option<Word>, Error> {
        let Some(mut word) = self.term()? else { return Ok(None) };
        let chain = self.peek();
        if chain.kind != Kind::Field {
            return Ok(Some(word));
        }
        let mut more = Vec::new();
        while self.peek().kind == Kind::Field {
            let token = self.take();
            more.push(self.text(token)[1..].into());
        }
        let at = chain.start;
        match &mut word.kind {
            WordKind::Field(fields) | WordKind::Variable { fields, .. } => {
                fields.append(&mut more);
                word.at = at;
            }
            WordKind::Bool(_)
            | WordKind::Str { .. }
            | WordKind::Number(_)
            | WordKind::Nil
            | WordKind::Dot => {
                let shown = crate::fmt::quote(&word.to_string());
                return Err(self.error(&format!("unexpected . after term {shown}")));
            }
            WordKind::Function { .. } | WordKind::Chain { .. } | WordKind::Pipe(_) => {
                let kind = WordKind::Chain { base: Box::new(word), fields: more };
                word = Word { at, kind };
            }
        }
        Ok(Some(word))
    }

    fn term(&mut self) -> Result<Option<Word>, Error> {
        let token = self.peek_nonspace();
        if !begins_operand(token.kind) {
            return Ok(None);
        }
        self.take();
        let text = self.text(token);
        let kind = match token.kind {
            Kind::Identifier => self.function(text)?,
            Kind::Dot => WordKind::Dot,
            Kind::Keyword(_) => WordKind::Nil,
            Kind::Variable => self.variable(text)?,
            Kind::Field => WordKind::Field(vec![text[1..].into()]),
            Kind::Bool => WordKind::Bool(text == "true"),
            Kind::CharConstant => self.number(literal::character(text))?,
            Kind::Number => self.number(literal::number(text))?,
            Kind::Complex => return Err(self.error(&literal::no_complex(text))),
            Kind::LeftParen => {
                self.nest()?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.nesting -= 1;
                WordKind::Pipe(Box::new(pipe))
            }
            _ => WordKind::Str { quoted: text.into(), text: self.unquote(token)?.into() },
        };
        Ok(Some(Word { at: token.start, kind }))
    }

    fn number(&self, number: Result<ast::Number, String>) -> Result<WordKind, Error> {
        number.map(WordKind::Number).map_err(|message| self.error(&message))
    }

    fn function(&self, name: &str) -> Result<WordKind, Error> {
        let library = self.functions.iter().find(|function| function.name == name);
        let callee =
            library.map(Callee::Library).or_else(|| Builtin::find(name).map(Callee::Builtin));
        let Some(callee) = callee else {
            let name = crate::fmt::quote(name);
            return Err(self.error(&format!("function {name} not defined")));
        };
        Ok(WordKind::Function { name: name.into(), callee })
    }

    fn variable(&self, name: &str) -> Result<WordKind, Error> {
        if !self.variables.iter().any(|known| **known == *name) {
            let name = crate::fmt::quote(name);
            return Err(self.error(&format!("undefined variable {name}")));
        }
        Ok(WordKind::Variable { name: name.into(), fields: Vec::new() })
    }
}

fn begins_operand(kind: Kind) -> bool {
    match kind {
        Kind::Bool
        | Kind::CharConstant
        | Kind::Complex
        | Kind::Dot
        | Kind::Field
        | Kind::Identifier
        | Kind::Number
        | Kind::Keyword(Keyword::Nil)
        | Kind::RawStr
        | Kind::Str
        | Kind::Variable
        | Kind::LeftParen => true,
        Kind::Error(_)
        | Kind::Eof
        | Kind::Text
        | Kind::LeftDelim
        | Kind::RightDelim
        | Kind::RightParen
        | Kind::Space
        | Kind::Pipe
        | Kind::Assign
        | Kind::Declare
        | Kind::Char
        | Kind::Keyword(_) => false,
    }
}

/// Constants take no argument, so they cannot stand behind `|`.
fn is_constant(word: &Word) -> bool {
    match word.kind {
        WordKind::Bool(_)
        | WordKind::Dot
        | WordKind::Nil
        | WordKind::Number(_)
        | WordKind::Str { .. } => true,
        WordKind::Field(_)
        | WordKind::Variable { .. }
        | WordKind::Function { .. }
        | WordKind::Chain { .. }
        | WordKind::Pipe(_) => false,
    }
}

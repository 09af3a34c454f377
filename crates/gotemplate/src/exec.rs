//! Walks a template and writes its output: Go's text/template, exec.go, on our values.
//! Called by `Templates::render`. Everything that can go on for long counts steps or levels.

mod call;

use crate::builtin;
use crate::error::{Error, ErrorKind};
use crate::fmt::{self, Sink};
use crate::html::Escaper;
use crate::library::Library;
use crate::limits::Limits;
use crate::parse::ast::{Branch, Command, Invocation, Loop, Node, Pipe, Tree, Word};
use crate::templates::Templates;
use crate::value::Value;

/// One rendering.
pub(crate) struct Run<'t, 'l> {
    templates: &'t Templates,
    /// The template that is being walked.
    tree: &'t Tree,
    library: &'l mut dyn Library,
    limits: Limits,
    steps: u64,
    depth: u32,
    /// Variables of the template, the innermost last; the first one is `$`.
    variables: Vec<(&'t str, Value)>,
    /// What is being evaluated, for messages.
    place: Place<'t>,
    out: Sink,
    /// Escapes the output when it is HTML.
    escaper: Option<Escaper>,
}

/// Part of a template that a message can point to.
#[derive(Clone, Copy)]
enum Place<'t> {
    Nowhere,
    Word(&'t Word),
    Command(&'t Command),
    Pipe(&'t Pipe),
    Action(&'t Pipe),
    Template(&'t Invocation),
}

impl Place<'_> {
    fn at(self) -> usize {
        match self {
            Self::Nowhere => 0,
            Self::Word(word) => word.at,
            Self::Command(command) => command.at,
            Self::Pipe(pipe) | Self::Action(pipe) => pipe.at,
            Self::Template(invocation) => invocation.at,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Nowhere => String::new(),
            Self::Word(word) => word.to_string(),
            Self::Command(command) => command.to_string(),
            Self::Pipe(pipe) => pipe.to_string(),
            Self::Action(pipe) => format!("{{{{{pipe}}}}}"),
            Self::Template(invocation) => invocation.to_string(),
        }
    }
}

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

impl<'t, 'l> Run<'t, 'l> {
    pub(crate) fn new(
        templates: &'t Templates,
        tree: &'t Tree,
        library: &'l mut dyn Library,
        limits: Limits,
        escaper: Option<Escaper>,
    ) -> Self {
        Self {
            templates,
            tree,
            library,
            limits,
            steps: 0,
            depth: 0,
            variables: Vec::new(),
            place: Place::Nowhere,
            out: Sink::new(limits.output_bytes),
            escaper,
        }
    }

    /// Renders the template on the data.
    pub(crate) fn render(mut self, data: &Value) -> Result<String, Error> {
        self.variables.push(("$", data.clone()));
        self.walk(data, &self.tree.body)?;
        if let Some(problem) = self.escaper.as_ref().and_then(Escaper::open_end) {
            return Err(self.html_text_error(&problem));
        }
        Ok(self.out.cut())
    }

    fn error(&self, message: &str) -> Error {
        self.error_of(ErrorKind::Execute, message)
    }

    fn error_of(&self, kind: ErrorKind, message: &str) -> Error {
        let (line, column) = self.line_and_column();
        let (file, name) = (&self.tree.source.name, fmt::quote(&self.tree.name));
        let shown = self.place.shown();
        let place = format!("template: {file}:{line}:{column}: executing {name} at <{shown}>");
        Error::new(kind, format!("{place}: {message}"))
    }

    /// Line, from 1, and byte in it, from 0.
    fn line_and_column(&self) -> (usize, usize) {
        let before = &self.tree.source.text[..self.place.at()];
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        (1 + before.matches('\n').count(), before.len() - line_start)
    }

    /// Counts steps.
    fn step(&mut self, count: usize) -> Result<(), Error> {
        self.steps += count as u64;
        if self.steps > self.limits.steps {
            let message = format!("takes more than {} steps", self.limits.steps);
            return Err(self.error_of(ErrorKind::Limit, &message));
        }
        Ok(())
    }

    /// Goes a level down; the caller comes back up by taking it from `depth` again.
    fn descend(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            let message = format!("nested more than {} deep", self.limits.depth);
            return Err(self.error_of(ErrorKind::Limit, &message));
        }
        Ok(())
    }

    fn walk(&mut self, dot: &Value, nodes: &'t [Node]) -> Result<Flow, Error> {
        self.descend()?;
        for node in nodes {
            self.step(1)?;
            let flow = match node {
                Node::Text(text) => self.text(text)?,
                Node::Action(pipe) => self.action(dot, pipe)?,
                Node::If(branch) => self.branch(dot, branch, false)?,
                Node::With(branch) => self.branch(dot, branch, true)?,
                Node::Range(range) => self.range(dot, range)?,
                Node::Template(invocation) => self.template(dot, invocation)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::Next {
                self.depth -= 1;
                return Ok(flow);
            }
        }
        self.depth -= 1;
        Ok(Flow::Next)
    }

    fn text(&mut self, text: &str) -> Result<Flow, Error> {
        match &mut self.escaper {
            None => self.out.push(text),
            Some(escaper) => {
                if let Err(problem) = escaper.text(&mut self.out, text) {
                    return Err(self.html_text_error(&problem));
                }
            }
        }
        self.check_output()
    }

    /// An error of HTML at the place that is being evaluated.
    fn html_error(&self, problem: &str) -> Error {
        let (line, column) = self.line_and_column();
        let file = &self.tree.source.name;
        let message = format!("html/template:{file}:{line}:{column}: {problem}");
        Error::new(ErrorKind::Execute, message)
    }

    /// An error of HTML in the text of the template.
    fn html_text_error(&self, problem: &str) -> Error {
        let name = match &*self.tree.name {
            "" => String::new(),
            name => format!("{name}:"),
        };
        Error::new(ErrorKind::Execute, format!("html/template:{name} {problem}"))
    }

    fn check_output(&self) -> Result<Flow, Error> {
        if self.out.is_full() {
            let message = format!("output is longer than {} bytes", self.limits.output_bytes);
            return Err(self.error_of(ErrorKind::Limit, &message));
        }
        Ok(Flow::Next)
    }

    fn action(&mut self, dot: &Value, pipe: &'t Pipe) -> Result<Flow, Error> {
        if self.escaper.is_some() && pipe.variables.is_empty() {
            return self.escaped_action(dot, pipe);
        }
        let value = self.pipeline(dot, pipe)?;
        if pipe.variables.is_empty() {
            self.place = Place::Action(pipe);
            fmt::show(&mut self.out, &value);
        }
        self.check_output()
    }

    /// Writes a value as the place in the HTML document asks for.
    fn escaped_action(&mut self, dot: &Value, pipe: &'t Pipe) -> Result<Flow, Error> {
        let bytes_max = self.limits.output_bytes;
        let Some(escaper) = &mut self.escaper else { return Ok(Flow::Next) };
        self.place = Place::Action(pipe);
        let plan = match escaper.plan(pipe) {
            Ok(plan) => plan,
            Err(problem) => return Err(self.html_error(&problem)),
        };
        // The document's escaping takes the place of a final `html` or `urlquery`.
        let value = if plan.replaces_last {
            let values = self.arguments_of_last(dot, pipe)?;
            match <[Value; 1]>::try_from(values) {
                Ok([value]) => value,
                Err(values) => {
                    let joined = builtin::joined(&values, bytes_max);
                    Value::from(joined.map_err(|why| self.error(&why))?)
                }
            }
        } else {
            self.pipeline(dot, pipe)?
        };
        self.place = Place::Action(pipe);
        let written = plan.write(&mut self.out, &value, bytes_max);
        written.map_err(|why| self.error(&why))?;
        self.check_output()
    }

    fn branch(&mut self, dot: &Value, branch: &'t Branch, with: bool) -> Result<Flow, Error> {
        let mark = self.variables.len();
        let mut flow = None;
        for (pipe, body) in &branch.arms {
            let value = self.pipeline(dot, pipe)?;
            if value.is_true() {
                flow = Some(self.walk(if with { &value } else { dot }, body)?);
                break;
            }
        }
        let flow = match flow {
            Some(flow) => flow,
            None => self.walk(dot, &branch.otherwise)?,
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn range(&mut self, dot: &Value, range: &'t Loop) -> Result<Flow, Error> {
        let outer = self.variables.len();
        let value = self.pipeline(dot, &range.pipe)?;
        let turned = match &value {
            Value::List(list) => {
                let items = (0..).zip(list.items());
                self.turns(range, items.map(|(index, item)| (Value::int(index), item.clone())))?
            }
            Value::Map(map) => {
                let entries = map.entries().iter();
                let pairs = entries.map(|(key, item)| (Value::String(key.clone()), item.clone()));
                self.turns(range, pairs)?
            }
            Value::Int(_, count) if range.pipe.variables.len() > 1 => {
                let message = format!("can't use {count} to iterate over more than one variable");
                return Err(self.error(&message));
            }
            Value::Int(kind, count) => {
                let numbers = (0..*count).map(|number| (Value::Absent, Value::Int(*kind, number)));
                self.turns(range, numbers)?
            }
            Value::Absent | Value::Nil => false,
            other => {
                let message = format!("range can't iterate over {}", fmt::shown(other));
                return Err(self.error(&message));
            }
        };
        let flow = if turned { Flow::Next } else { self.walk(dot, &range.otherwise)? };
        self.variables.truncate(outer);
        Ok(flow)
    }

    /// Goes over indexes and items; true when there were any.
    fn turns(
        &mut self,
        range: &'t Loop,
        items: impl Iterator<Item = (Value, Value)>,
    ) -> Result<bool, Error> {
        let mut turned = false;
        for (index, item) in items {
            turned = true;
            if self.turn(range, index, &item)? == Flow::Break {
                break;
            }
        }
        Ok(turned)
    }

    /// One turn of a loop.
    fn turn(&mut self, range: &'t Loop, index: Value, item: &Value) -> Result<Flow, Error> {
        self.step(1)?;
        let mark = self.variables.len();
        match &*range.pipe.variables {
            [] => {}
            [name] => self.bind(range, 1, name, item.clone())?,
            [first, second, ..] => {
                self.bind(range, 2, first, index)?;
                self.bind(range, 1, second, item.clone())?;
            }
        }
        let flow = self.walk(item, &range.body)?;
        self.variables.truncate(mark);
        Ok(flow)
    }

    /// Sets a variable of a loop: an assigned one wherever it is, a declared one from the end.
    fn bind(
        &mut self,
        range: &Loop,
        from_end: usize,
        name: &str,
        value: Value,
    ) -> Result<(), Error> {
        if range.pipe.assigns {
            return self.assign(name, value);
        }
        let index = self.variables.len() - from_end;
        self.variables[index].1 = value;
        Ok(())
    }

    fn assign(&mut self, name: &str, value: Value) -> Result<(), Error> {
        let known = self.variables.iter_mut().rev().find(|variable| variable.0 == name);
        let Some(variable) = known else {
            return Err(self.error(&format!("undefined variable: {name}")));
        };
        variable.1 = value;
        Ok(())
    }

    fn template(&mut self, dot: &Value, invocation: &'t Invocation) -> Result<Flow, Error> {
        self.place = Place::Template(invocation);
        let Some(tree) = self.templates.tree(&invocation.name) else {
            let name = fmt::quote(&invocation.name);
            return Err(if self.escaper.is_some() {
                self.html_error(&format!("no such template {name}"))
            } else {
                self.error(&format!("template {name} not defined"))
            });
        };
        let value = match &invocation.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::Absent,
        };
        let caller = (self.tree, self.place);
        // A template sees no variables but its own.
        let variables = std::mem::replace(&mut self.variables, vec![("$", value.clone())]);
        self.tree = tree;
        self.walk(&value, &tree.body)?;
        (self.tree, self.place) = caller;
        self.variables = variables;
        Ok(Flow::Next)
    }
}

//! Expressions: pipelines, fields, methods, functions and the conversion of arguments to what is
//! asked for. Semantics and messages: Go's text/template, exec.go.

use super::{Place, Run};
use crate::builtin::{self, Builtin};
use crate::error::{Error, ErrorKind};
use crate::limits::VALUE_DEPTH_MAX;
use crate::parse::ast::{Callee, Command, Number, Pipe, Word, WordKind};
use crate::time::{DURATION_METHODS, TIME_METHODS};
use crate::types::{IntType, Method, Type};
use crate::value::Value;

type Outcome = Result<Value, Error>;

/// What is given to a function or method: words of its command and the result of the one before.
struct Arguments<'t> {
    words: &'t [Word],
    last: Option<Value>,
}

impl Arguments<'_> {
    const NONE: Self = Self { words: &[], last: None };

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.last.is_none()
    }
}

/// A value on the way along `.A.B.C`.
struct Receiver {
    value: Value,
    /// It came from a place that takes any value, so messages call its type `interface {}`.
    boxed: bool,
}

impl<'t> Run<'t, '_> {
    /// The value of a pipeline; its variables take it.
    pub(super) fn pipeline(&mut self, dot: &Value, pipe: &'t Pipe) -> Outcome {
        self.descend()?;
        let value = self.commands(dot, pipe, &pipe.commands)?.unwrap_or(Value::Absent);
        for name in &pipe.variables {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        self.depth -= 1;
        Ok(value)
    }

    fn commands(
        &mut self,
        dot: &Value,
        pipe: &'t Pipe,
        commands: &'t [Command],
    ) -> Result<Option<Value>, Error> {
        self.place = Place::Pipe(pipe);
        let mut value = None;
        for command in commands {
            value = Some(match self.command(dot, command, value)? {
                Value::Nil => Value::Absent,
                value => value,
            });
        }
        Ok(value)
    }

    /// What the last command of a pipeline is given: its words, then the result before it.
    pub(super) fn arguments_of_last(
        &mut self,
        dot: &Value,
        pipe: &'t Pipe,
    ) -> Result<Vec<Value>, Error> {
        let (last, before) = pipe.commands.split_last().expect("the parser refuses empty pipes");
        let fed = self.commands(dot, pipe, before)?;
        let mut values = Vec::with_capacity(last.words.len());
        for word in &last.words[1..] {
            values.push(self.argument(dot, word, Type::Any)?);
        }
        values.extend(fed);
        Ok(values)
    }

    fn command(&mut self, dot: &Value, command: &'t Command, last: Option<Value>) -> Outcome {
        self.step(1)?;
        let (first, words) =
            command.words.split_first().expect("the parser refuses empty commands");
        let arguments = Arguments { words, last };
        match &first.kind {
            WordKind::Field(_) | WordKind::Chain { .. } | WordKind::Variable { .. } => {
                self.operand(dot, first, arguments)
            }
            WordKind::Function { name, callee } => {
                self.place = Place::Word(first);
                self.function(dot, *callee, name, arguments, Place::Command(command))
            }
            WordKind::Pipe(pipe) => {
                self.no_arguments(first, &arguments)?;
                self.pipeline(dot, pipe)
            }
            WordKind::Nil
            | WordKind::Dot
            | WordKind::Bool(_)
            | WordKind::Number(_)
            | WordKind::Str { .. } => {
                self.place = Place::Word(first);
                self.no_arguments(first, &arguments)?;
                match first.kind {
                    WordKind::Nil => Err(self.error("nil is not a command")),
                    WordKind::Dot => Ok(dot.clone()),
                    _ => self.constant(first),
                }
            }
        }
    }

    fn no_arguments(&self, word: &Word, arguments: &Arguments<'_>) -> Result<(), Error> {
        if arguments.is_empty() {
            return Ok(());
        }
        Err(self.error(&format!("can't give argument to non-function {word}")))
    }

    /// Fields, variables, functions and what is asked of them.
    fn operand(&mut self, dot: &Value, word: &'t Word, arguments: Arguments<'t>) -> Outcome {
        self.place = Place::Word(word);
        match &word.kind {
            WordKind::Field(fields) => self.fields(dot, dot.clone(), word, fields, arguments),
            WordKind::Variable { name, fields } => {
                let value = self.variable(name)?;
                if fields.is_empty() {
                    self.no_arguments(word, &arguments)?;
                }
                self.fields(dot, value, word, fields, arguments)
            }
            WordKind::Chain { base, fields } => {
                if let WordKind::Nil = base.kind {
                    let message = format!("indirection through explicit nil in {word}");
                    return Err(self.error(&message));
                }
                let value = self.argument(dot, base, Type::Any)?;
                self.fields(dot, value, word, fields, arguments)
            }
            WordKind::Function { name, callee } => {
                self.function(dot, *callee, name, arguments, Place::Word(word))
            }
            WordKind::Pipe(pipe) => self.pipeline(dot, pipe),
            WordKind::Dot => Ok(dot.clone()),
            WordKind::Nil => Ok(Value::Nil),
            WordKind::Bool(_) | WordKind::Number(_) | WordKind::Str { .. } => self.constant(word),
        }
    }

    fn variable(&self, name: &str) -> Outcome {
        let known = self.variables.iter().rev().find(|variable| variable.0 == name);
        match known {
            Some(variable) => Ok(variable.1.clone()),
            None => Err(self.error(&format!("undefined variable: {name}"))),
        }
    }

    /// `.A.B.C argument...`: only the last one takes the arguments.
    fn fields(
        &mut self,
        dot: &Value,
        value: Value,
        word: &'t Word,
        fields: &'t [Box<str>],
        arguments: Arguments<'t>,
    ) -> Outcome {
        let Some((last, before)) = fields.split_last() else { return Ok(value) };
        let mut receiver = Receiver { value, boxed: false };
        for field in before {
            receiver = self.field(dot, &receiver, word, field, Arguments::NONE)?;
        }
        Ok(self.field(dot, &receiver, word, last, arguments)?.value)
    }

    /// A method, field or entry of a value.
    fn field(
        &mut self,
        dot: &Value,
        receiver: &Receiver,
        word: &'t Word,
        name: &str,
        arguments: Arguments<'t>,
    ) -> Result<Receiver, Error> {
        self.step(1)?;
        let value = &receiver.value;
        if let Some(method) = method(value, name) {
            let value = self.method(dot, value, method, arguments, word)?;
            return Ok(Receiver { value, boxed: false });
        }
        let found = match value {
            Value::Absent => return Ok(Receiver { value: Value::Absent, boxed: false }),
            Value::Nil => {
                return Err(self.error(&format!("nil pointer evaluating interface {{}}.{name}")));
            }
            Value::Struct(fields) => {
                let complaint = "has arguments but cannot be invoked as function";
                let found = fields.field(name);
                found.map(|(value, kind)| (value.clone(), kind == Type::Any, complaint))
            }
            Value::Map(map) => {
                let complaint = "is not a method but has arguments";
                let boxed = map.kind().element == Type::Any;
                Some((map.get_or_zero(name), boxed, complaint))
            }
            _ => None,
        };
        match found {
            Some((_, _, complaint)) if !arguments.is_empty() => {
                Err(self.error(&format!("{name} {complaint}")))
            }
            Some((value, boxed, _)) => Ok(Receiver { value, boxed }),
            None => {
                let kind = value.type_of().filter(|_| !receiver.boxed).unwrap_or(Type::Any);
                Err(self.error(&format!("can't evaluate field {name} in type {kind}")))
            }
        }
    }

    fn method(
        &mut self,
        dot: &Value,
        receiver: &Value,
        method: &'static Method,
        arguments: Arguments<'t>,
        word: &'t Word,
    ) -> Outcome {
        let given = self.arguments(dot, method.name, (method.parameters, false), arguments)?;
        self.step(size(receiver))?;
        let result = (method.call)(receiver, &given);
        self.returned(method.name, result, Place::Word(word))
    }

    fn function(
        &mut self,
        dot: &Value,
        callee: Callee,
        name: &str,
        arguments: Arguments<'t>,
        place: Place<'t>,
    ) -> Outcome {
        let (parameters, variadic) = match callee {
            Callee::Builtin(builtin @ (Builtin::And | Builtin::Or)) => {
                return self.short_circuit(dot, builtin, name, arguments);
            }
            Callee::Builtin(builtin) => builtin.parameters(),
            Callee::Library(signature) => (signature.parameters, signature.variadic),
        };
        let given = self.arguments(dot, name, (parameters, variadic), arguments)?;
        self.step(given.iter().map(size).sum())?;
        let result = match callee {
            Callee::Builtin(builtin) => builtin.call(&given, self.limits.output_bytes),
            Callee::Library(_) => self.library.call(name, &given, self.limits.output_bytes),
        };
        self.returned(name, result, place)
    }

    /// Checks what a function or method returned.
    fn returned(&mut self, name: &str, result: Result<Value, String>, place: Place<'t>) -> Outcome {
        let bytes_max = self.limits.output_bytes;
        let (kind, trouble) = match result {
            Ok(Value::String(text) | Value::Safe(_, text)) if text.len() > bytes_max => {
                (ErrorKind::Limit, builtin::too_long(bytes_max))
            }
            Ok(value) if value.depth() > VALUE_DEPTH_MAX => {
                let trouble = format!("result is nested more than {VALUE_DEPTH_MAX} deep");
                (ErrorKind::Limit, trouble)
            }
            Ok(value) => return Ok(value),
            Err(trouble) if trouble == builtin::too_long(bytes_max) => (ErrorKind::Limit, trouble),
            Err(trouble) => (ErrorKind::Execute, trouble),
        };
        self.place = place;
        Err(self.error_of(kind, &format!("error calling {name}: {trouble}")))
    }

    /// `and` and `or` evaluate no argument behind the one that decides.
    fn short_circuit(
        &mut self,
        dot: &Value,
        builtin: Builtin,
        name: &str,
        arguments: Arguments<'t>,
    ) -> Outcome {
        if arguments.is_empty() {
            let message = format!("wrong number of args for {name}: want at least 1 got 0");
            return Err(self.error(&message));
        }
        let mut value = Value::Absent;
        for word in arguments.words {
            value = self.argument(dot, word, Type::Any)?;
            if value.is_true() == (builtin == Builtin::Or) {
                return Ok(value);
            }
        }
        Ok(arguments.last.unwrap_or(value))
    }

    /// Evaluates arguments for parameters, of which the last one may repeat.
    fn arguments(
        &mut self,
        dot: &Value,
        name: &str,
        (parameters, variadic): (&'static [Type], bool),
        arguments: Arguments<'t>,
    ) -> Result<Vec<Value>, Error> {
        let Arguments { words, last } = arguments;
        let count = words.len() + usize::from(last.is_some());
        let fixed = parameters.len() - usize::from(variadic);
        let problem = if variadic && count < fixed {
            Some(format!("want at least {fixed} got {}", words.len()))
        } else {
            (!variadic && count != fixed).then(|| format!("want {fixed} got {count}"))
        };
        if let Some(problem) = problem {
            return Err(self.error(&format!("wrong number of args for {name}: {problem}")));
        }
        let parameter = |index: usize| {
            let last = parameters.last().copied().unwrap_or(Type::Any);
            parameters.get(index).copied().unwrap_or(last)
        };
        let mut given = Vec::with_capacity(count);
        for (index, word) in words.iter().enumerate() {
            given.push(self.argument(dot, word, parameter(index))?);
        }
        if let Some(last) = last {
            given.push(self.fit(last, parameter(words.len()))?);
        }
        Ok(given)
    }

    /// Evaluates an argument for a parameter of a type.
    fn argument(&mut self, dot: &Value, word: &'t Word, kind: Type) -> Outcome {
        self.step(1)?;
        self.place = Place::Word(word);
        match &word.kind {
            WordKind::Dot => self.fit(dot.clone(), kind),
            WordKind::Nil if kind.takes_nil() => Ok(Value::Nil),
            WordKind::Nil => Err(self.error(&format!("cannot assign nil to {kind}"))),
            WordKind::Field(_)
            | WordKind::Variable { .. }
            | WordKind::Function { .. }
            | WordKind::Chain { .. }
            | WordKind::Pipe(_) => {
                let value = self.operand(dot, word, Arguments::NONE)?;
                self.fit(value, kind)
            }
            WordKind::Bool(_) | WordKind::Number(_) | WordKind::Str { .. } => {
                self.constant_as(word, kind)
            }
        }
    }

    /// Makes sure that a value can be passed for a type.
    fn fit(&self, value: Value, kind: Type) -> Outcome {
        let given = match &value {
            Value::Absent if kind.takes_nil() => return Ok(Value::Nil),
            Value::Absent => return Err(self.error(&format!("invalid value; expected {kind}"))),
            value => value.type_of().unwrap_or(Type::Any),
        };
        if given.fits(kind) {
            return Ok(value);
        }
        let message = format!("wrong type for value; expected {kind}; got {given}");
        Err(self.error(&message))
    }

    /// A constant where a type is asked for.
    fn constant_as(&self, word: &Word, kind: Type) -> Outcome {
        let wanted = match (kind, &word.kind) {
            (Type::Any, _) => return self.constant(word),
            (Type::Bool, WordKind::Bool(value)) => return Ok(Value::Bool(*value)),
            (Type::String, WordKind::Str { text, .. }) => return Ok(Value::String(text.clone())),
            (Type::Safe(kind), WordKind::Str { text, .. }) => {
                return Ok(Value::Safe(kind, text.clone()));
            }
            (Type::Float, WordKind::Number(Number { float: Some(value), .. })) => {
                return Ok(Value::Float(*value));
            }
            (Type::Int(kind), WordKind::Number(Number { int: Some(value), .. })) => {
                return Ok(Value::Int(kind, *value));
            }
            (Type::Bool, _) => "bool",
            (Type::String | Type::Safe(_), _) => "string",
            (Type::Float, _) => "float",
            (Type::Int(IntType::Uint8), _) => "unsigned integer",
            (Type::Int(_), _) => "integer",
            (kind, _) => {
                return Err(self.error(&format!("can't handle {word} for arg of type {kind}")));
            }
        };
        Err(self.error(&format!("expected {wanted}; found {word}")))
    }

    /// A constant where nothing asks for a type: the way it is written decides.
    fn constant(&self, word: &Word) -> Outcome {
        match &word.kind {
            WordKind::Bool(value) => Ok(Value::Bool(*value)),
            WordKind::Str { text, .. } => Ok(Value::String(text.clone())),
            WordKind::Number(number) => match (number.float, number.int) {
                (Some(value), _) if number.looks_like_float() => Ok(Value::Float(value)),
                (_, Some(value)) => Ok(Value::int(value)),
                _ => Err(self.error(&format!("{} overflows int", number.text))),
            },
            _ => Err(self.error(&format!("can't evaluate command {word}"))),
        }
    }
}

/// The method of a value, if its type has one of the name.
fn method(receiver: &Value, name: &str) -> Option<&'static Method> {
    let methods = match receiver.type_of()? {
        Type::List(kind) => kind.methods,
        Type::Map(kind) => kind.methods,
        Type::Time => TIME_METHODS,
        Type::Int(IntType::Duration) => DURATION_METHODS,
        Type::Int(IntType::Month | IntType::Weekday) | Type::Location => STRING_METHODS,
        _ => &[],
    };
    methods.iter().find(|method| method.name == name)
}

/// Methods of types that only have a text.
static STRING_METHODS: &[Method] = &[Method {
    name: "String",
    parameters: &[],
    call: |value, _| Ok(crate::fmt::shown(value).into()),
}];

/// Steps that copying or searching a value costs.
fn size(value: &Value) -> usize {
    match value {
        Value::List(list) => list.items().len(),
        Value::Map(map) => map.entries().len(),
        Value::String(text) | Value::Safe(_, text) => text.len() / 64,
        _ => 0,
    }
}

//! What templates may call besides Go's own functions: the functions of rules and of notifications.
//! A table of signatures is known when a template is parsed; what they do comes with the rendering.

pub mod notifications;
pub mod rules;

mod humanize;
mod json;
mod strings;

pub(crate) use json::to_json;

use crate::types::Type;
use crate::value::Value;

/// Name and arguments of a function.
#[derive(Debug)]
pub struct Signature {
    /// Its name.
    pub name: &'static str,
    /// Types of its arguments; the last one may repeat.
    pub parameters: &'static [Type],
    /// The last parameter takes any number of arguments, also none.
    pub variadic: bool,
}

/// Functions of a table, with what they need to know.
pub trait Library {
    /// Calls a function of the table. The arguments have the types of its signature; a text as
    /// result may have `bytes_max` bytes.
    ///
    /// # Errors
    /// What went wrong; it ends the rendering with this text in its error.
    fn call(&mut self, name: &str, arguments: &[Value], bytes_max: usize) -> Result<Value, String>;
}

/// No functions besides Go's own.
#[derive(Debug)]
pub struct NoFunctions;

impl Library for NoFunctions {
    fn call(&mut self, name: &str, _: &[Value], _: usize) -> Result<Value, String> {
        Err(unknown(name))
    }
}

/// The complaint about a function that no table has.
fn unknown(name: &str) -> String {
    format!("{name} is not a defined function")
}

const fn fixed(name: &'static str, parameters: &'static [Type]) -> Signature {
    Signature { name, parameters, variadic: false }
}

const fn variadic(name: &'static str, parameters: &'static [Type]) -> Signature {
    Signature { name, parameters, variadic: true }
}

/// The text of an argument that the signature says is one.
fn text(arguments: &[Value], index: usize) -> &str {
    arguments.get(index).and_then(Value::as_str).unwrap_or_default()
}

/// An argument.
fn value(arguments: &[Value], index: usize) -> &Value {
    arguments.get(index).unwrap_or(&Value::Absent)
}

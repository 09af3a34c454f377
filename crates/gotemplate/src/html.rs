//! Escapes HTML while it is written: follows where in the document the text has arrived and treats
//! each value as that place asks for. Semantics: Go's html/template.
//!
//! Go decides when it reads a template, by walking all its branches; here the text that is really
//! written decides. What comes out is the same wherever Go accepts the template; what Go refuses
//! because two branches end in different places is accepted here and each branch escaped rightly.
//! Refused like there: a document that ends inside a tag or script, quotes in unquoted attributes,
//! `html` and `urlquery` in the middle of a pipeline. Values inside JavaScript template literals
//! are refused, as Go 1.21 did.

mod context;
mod entity;
mod place;
mod script;
mod strip;
mod style;
mod url;
mod values;

use crate::builtin::Builtin;
use crate::fmt::Sink;
use crate::parse::ast::{Callee, Pipe, WordKind};
use crate::value::Value;
use context::{Context, Delim, State, UrlPart};
use values::Step;

/// Where in the document the output has arrived.
#[derive(Debug, Default)]
pub(crate) struct Escaper {
    context: Context,
}

/// What becomes of a value at its place.
#[derive(Debug)]
pub(crate) struct Plan {
    steps: Vec<Step>,
    /// The pipeline's last command is one of the steps and must not be called by itself.
    pub(crate) replaces_last: bool,
}

impl Plan {
    /// Writes the value.
    pub(crate) fn write(
        &self,
        out: &mut Sink,
        value: &Value,
        bytes_max: usize,
    ) -> Result<(), String> {
        let mut value = value.clone();
        for step in &self.steps {
            value = Value::from(step.apply(&value, bytes_max)?);
        }
        out.push(value.as_str().unwrap_or_default());
        Ok(())
    }
}

impl Escaper {
    /// Complains when the document ends inside of something.
    pub(crate) fn open_end(&self) -> Option<String> {
        let open = self.context.state != State::Text;
        open.then(|| format!("ends in a non-text context: {}", self.context.state.name()))
    }

    /// Writes text of the template.
    pub(crate) fn text(&mut self, out: &mut Sink, text: &str) -> Result<(), String> {
        let mut at = 0;
        let mut written = 0;
        while at < text.len() && !out.is_full() {
            let before = self.context;
            let (after, read) = place::advance(before, &text[at..])?;
            let end = at + read;
            if matches!(before.state, State::Text | State::Rcdata) {
                let opened = text[at..end].rfind('<').filter(|_| after.state != before.state);
                let plain = opened.map_or(end, |index| at + index);
                escape_stray(out, &text[written..plain], at - written);
                written = plain;
            } else if before.state.is_comment() && before.delim == Delim::None {
                out.push(before.state.comment_as_space(&text[written..end]));
                written = end;
            }
            if after.state != before.state && after.state.is_comment() && after.delim == Delim::None
            {
                let start = end - after.state.comment_start_len();
                out.push(&text[written..start]);
                written = end;
            }
            self.context = after;
            at = end;
        }
        if !self.context.state.is_comment() || self.context.delim != Delim::None {
            out.push(&text[written..]);
        }
        Ok(())
    }

    /// What becomes of the value of a pipeline here; the place moves on as if it were written.
    pub(crate) fn plan(&mut self, pipe: &Pipe) -> Result<Plan, String> {
        let context = self.context.nudged();
        let predefined = predefined(pipe, context)?;
        let mut steps = Vec::with_capacity(3);
        let mut next = context;
        match context.state {
            State::Url
            | State::CssDqStr
            | State::CssSqStr
            | State::CssDqUrl
            | State::CssSqUrl
            | State::CssUrl => url_steps(&mut steps, context),
            State::Js => {
                steps.push(Step::JsValue);
                next.divides = true;
            }
            State::JsDqStr | State::JsSqStr => steps.push(Step::JsString),
            State::JsTemplate => {
                return Err(format!("{{{{{pipe}}}}} appears in a JS template literal"));
            }
            State::JsRegexp => steps.push(Step::JsRegexp),
            State::Css => steps.push(Step::CssValue),
            State::Text => steps.push(Step::Html),
            State::Rcdata => steps.push(Step::Rcdata),
            State::Attr => {}
            State::AttrName | State::Tag | State::AfterName | State::BeforeValue => {
                next.state = State::AttrName;
                steps.push(Step::HtmlName);
            }
            State::Srcset => steps.push(Step::Srcset),
            State::HtmlComment
            | State::JsBlockComment
            | State::JsLineComment
            | State::CssBlockComment
            | State::CssLineComment => steps.push(Step::Comment),
        }
        delimited(&mut steps, context.delim);
        self.context = next;
        Ok(merged(steps, predefined))
    }
}

/// Writes text outside of tags; a `<` that begins no tag is escaped, from a given byte on.
fn escape_stray(out: &mut Sink, text: &str, from: usize) {
    const DOCTYPE: &[u8] = b"<!DOCTYPE";
    let mut rest = 0;
    for (index, _) in text.match_indices('<').filter(|(index, _)| *index >= from) {
        let head = text.as_bytes().get(index..index + DOCTYPE.len()).unwrap_or_default();
        if !head.eq_ignore_ascii_case(DOCTYPE) {
            out.push(&text[rest..index]);
            out.push("&lt;");
            rest = index + 1;
        }
    }
    out.push(&text[rest..]);
}

fn url_steps(steps: &mut Vec<Step>, context: Context) {
    let in_text = matches!(context.state, State::CssDqStr | State::CssSqStr);
    match context.url {
        UrlPart::Query => return steps.push(Step::UrlEscape),
        UrlPart::Nothing => steps.push(Step::UrlFilter),
        UrlPart::Path => {}
    }
    steps.push(if in_text { Step::CssString } else { Step::UrlNormalize });
}

/// Adds what the quotes around an attribute ask for, unless the last step has done it already.
fn delimited(steps: &mut Vec<Step>, delim: Delim) {
    let (step, done): (_, &[Step]) = match delim {
        Delim::None => return,
        Delim::SpaceOrTagEnd => (Step::Nospace, &[Step::Comment]),
        Delim::Single | Delim::Double => {
            (Step::Attr, &[Step::Comment, Step::CssString, Step::JsRegexp, Step::JsString])
        }
    };
    if !steps.last().is_some_and(|last| done.contains(last)) {
        steps.push(step);
    }
}

/// The function `html` or `urlquery` at the end of a pipeline; elsewhere it is refused.
fn predefined(pipe: &Pipe, context: Context) -> Result<Option<Builtin>, String> {
    let mut last = None;
    for (index, command) in pipe.commands.iter().enumerate() {
        last = match command.words[0].kind {
            WordKind::Function {
                callee: Callee::Builtin(builtin @ (Builtin::Html | Builtin::Urlquery)),
                ref name,
            } => {
                let unquoted = context.state == State::Attr
                    && context.delim == Delim::SpaceOrTagEnd
                    && builtin == Builtin::Html;
                if index + 1 < pipe.commands.len() || unquoted {
                    let name = crate::fmt::quote(name);
                    return Err(format!("predefined escaper {name} disallowed in template"));
                }
                Some(builtin)
            }
            _ => None,
        };
    }
    Ok(last)
}

/// Lets `html` and `urlquery` take the place of the steps they are equivalent to.
fn merged(mut steps: Vec<Step>, predefined: Option<Builtin>) -> Plan {
    let mut replaces_last = false;
    for step in &mut steps {
        let equal = match step {
            Step::Attr | Step::Html | Step::Rcdata => (Builtin::Html, Step::PlainHtml),
            Step::UrlEscape | Step::UrlNormalize => (Builtin::Urlquery, Step::PlainQuery),
            _ => continue,
        };
        if predefined == Some(equal.0) {
            *step = equal.1;
            replaces_last = true;
        }
    }
    Plan { steps, replaces_last }
}

#[cfg(test)]
mod tests;

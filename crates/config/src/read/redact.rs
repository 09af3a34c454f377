//! Prints a file again as YAML with every secret replaced: what `/api/v1/status/config` shows.
//! INV-70: values at hidden places and passwords inside URLs never reach the output.

use super::{Hidden, hidden};
use crate::yaml::{Content, Node, Style};
use std::collections::HashMap;

/// The file as block-style YAML, two spaces a level.
pub(crate) fn render(root: &Node, secrets: &HashMap<Hidden, &'static str>) -> String {
    if root.is_null() {
        return "{}\n".into();
    }
    let mut out = String::new();
    Renderer { secrets, out: &mut out }.value(root, 0);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

struct Renderer<'a> {
    secrets: &'a HashMap<Hidden, &'static str>,
    out: &'a mut String,
}

impl Renderer<'_> {
    /// What stands in the place of a secret. An empty one hides nothing and stays, so that the
    /// output reads back.
    fn words_for(&self, node: &Node) -> Option<&'static str> {
        let empty = node.scalar().is_some_and(|scalar| scalar.text.is_empty());
        self.secrets.get(&hidden(node)).copied().filter(|_| !empty)
    }

    /// Writes a value whose first line is already indented.
    fn value(&mut self, node: &Node, indent: usize) {
        if let Some(words) = self.words_for(node) {
            self.out.push_str(words);
            return;
        }
        match &node.content {
            Content::Scalar(_) if node.is_null() => {}
            Content::Scalar(scalar) => {
                let text = redact_url(&scalar.text);
                self.scalar(&text, scalar.style == Style::Plain && !scalar.forced_text);
            }
            Content::List(items) if items.is_empty() => self.out.push_str("[]"),
            Content::List(items) => self.list(items, indent),
            Content::Map(entries) if entries.is_empty() => self.out.push_str("{}"),
            Content::Map(entries) => self.map(entries, indent),
        }
    }

    fn list(&mut self, items: &[Node], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            self.line_start(index, indent);
            self.out.push_str("- ");
            self.value(item, indent + 2);
            self.line_end();
        }
    }

    fn map(&mut self, entries: &[(Node, Node)], indent: usize) {
        for (index, (key, value)) in entries.iter().enumerate() {
            self.line_start(index, indent);
            let name = key.scalar().map_or("", |name| name.text.as_str());
            self.scalar(name, false);
            self.out.push(':');
            match &value.content {
                Content::Scalar(_) if value.is_null() => {}
                Content::List(items) if !items.is_empty() => self.below(value, indent),
                Content::Map(entries) if !entries.is_empty() => self.below(value, indent + 2),
                Content::Scalar(_) | Content::List(_) | Content::Map(_) => {
                    self.out.push(' ');
                    self.value(value, indent + 2);
                }
            }
            self.line_end();
        }
    }

    /// A collection on the lines below its key.
    fn below(&mut self, node: &Node, indent: usize) {
        if self.words_for(node).is_some() {
            self.out.push(' ');
            return self.value(node, indent);
        }
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
        self.value(node, indent);
    }

    fn line_start(&mut self, index: usize, indent: usize) {
        if index > 0 {
            self.out.push_str(&" ".repeat(indent));
        }
    }

    fn line_end(&mut self) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn scalar(&mut self, text: &str, was_plain: bool) {
        if is_plain_safe(text) && (was_plain || !looks_typed(text)) {
            self.out.push_str(text);
        } else {
            // A double-quoted YAML scalar knows all escapes of JSON.
            self.out.push_str(&quoted(text));
        }
    }
}

/// Can the text stand without quotes without changing its meaning?
fn is_plain_safe(text: &str) -> bool {
    const FIRST: &str = "-?:,[]{}#&*!|>'\"%@`= ";
    let Some(first) = text.chars().next() else { return false };
    !(FIRST.contains(first) && !(first == '-' && text.len() > 1 && !text.starts_with("- ")))
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.chars().any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}'))
        && text != "---"
        && text != "<<"
}

/// Would the text be read as null, a boolean or a number if it lost its quotes?
fn looks_typed(text: &str) -> bool {
    let scalar = crate::yaml::Scalar { text: text.into(), style: Style::Plain, forced_text: false };
    scalar.is_null() || scalar.bool().is_some() || scalar.float().is_some()
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str("\\u");
                out.push_str(&hex4(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Code of a control character: all of them are below 0x10000.
fn hex4(c: char) -> String {
    format!("{:04x}", u32::from(c))
}

/// `https://user:password@host` without the password, as Go's `URL.Redacted` shows it.
pub(crate) fn redact_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    match authority.rsplit_once('@').map(|(user, host)| (user.split_once(':'), host)) {
        Some((Some((user, _)), host)) => format!("{scheme}://{user}:xxxxx@{host}{path}"),
        Some((None, _)) | None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;

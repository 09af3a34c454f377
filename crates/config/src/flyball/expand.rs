//! Variables in flyball.yml: `${NAME}`, `${NAME:-default}`, `${file:/path}`, `$${` for `${`.
//! Works on the values of the tree before they are read; keys are never changed. The redacted
//! form is made from the tree before this step, so it shows the variables and not their values.

use crate::read::Reader;
use crate::yaml::{Content, Node, Scalar, Style};
use std::sync::Arc;

/// Longest text that one value may become, so that a file cannot fill the memory.
const EXPANDED_BYTES_MAX: usize = 1 << 20;

/// The tree with all variables filled in; what cannot be filled in is noted as a problem.
pub(super) fn expand(node: &Node, reader: &Reader<'_>) -> Node {
    let content = match &node.content {
        Content::Scalar(scalar) if scalar.text.contains("${") => {
            let text = fill(&scalar.text, reader).unwrap_or_else(|message| {
                reader.problem(node.place, message);
                String::new()
            });
            // Quotes around a variable are for YAML; what it holds may be a number.
            let style = Style::Plain;
            Content::Scalar(Arc::new(Scalar { text, style, ..Scalar::clone(scalar) }))
        }
        Content::Scalar(scalar) => Content::Scalar(Arc::clone(scalar)),
        Content::List(items) => {
            Content::List(items.iter().map(|item| expand(item, reader)).collect())
        }
        Content::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), expand(value, reader)));
            Content::Map(entries.collect())
        }
    };
    node.with_content(content)
}

fn fill(template: &str, reader: &Reader<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(plain) = before.strip_suffix('$') {
            out.push_str(plain);
            out.push_str("${");
            rest = after;
            continue;
        }
        out.push_str(before);
        let (inner, after) = after.split_once('}').ok_or("`${` without a closing `}`")?;
        out.push_str(&variable(inner, reader)?);
        rest = after;
        if out.len() > EXPANDED_BYTES_MAX {
            return Err(format!("the value becomes longer than {EXPANDED_BYTES_MAX} bytes"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn variable(inner: &str, reader: &Reader<'_>) -> Result<String, String> {
    if let Some(path) = inner.strip_prefix("file:") {
        let path = reader.join_directory(path);
        let content = reader.outside.file(&path);
        let content = content.map_err(|error| format!("cannot read `{path}`: {error}"))?;
        reader.keep_out_of_messages(content.trim());
        return Ok(content.trim().to_owned());
    }
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if !model::is_legacy_label_name(name) {
        return Err(format!("{} is no name of a variable", model::quote(name)));
    }
    let value = reader.outside.env(name).filter(|value| !value.is_empty() || default.is_none());
    value.or_else(|| default.map(ToOwned::to_owned)).ok_or_else(|| {
        format!("environment variable `{name}` is not set; `${{{name}:-...}}` gives a default")
    })
}

#[cfg(test)]
mod tests;

//! Expected and found alerts as one JSON text in which differences are marked: removed, added,
//! changed. The layout is that of promtool's `--diff`; without colours, signs stand around the
//! marked parts instead.

use super::compare::Alert;
use model::Labels;
use std::collections::BTreeMap;
use std::fmt::Write;

const INDENT: &str = "    ";

/// How marked parts begin and end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    removed: (&'static str, &'static str),
    added: (&'static str, &'static str),
    changed: (&'static str, &'static str),
}

impl Marks {
    /// Escape sequences of a terminal.
    pub(super) const COLOURS: Self = Self {
        removed: ("\x1b[0;31m", "\x1b[0m"),
        added: ("\x1b[0;32m", "\x1b[0m"),
        changed: ("\x1b[0;33m", "\x1b[0m"),
    };
    /// Signs, as in a word diff.
    pub(super) const SIGNS: Self =
        Self { removed: ("[-", "-]"), added: ("{+", "+}"), changed: ("{~", "~}") };
}

/// Both lists in one text.
pub(super) fn alerts(expected: &[Alert], found: &[Alert], marks: Marks) -> String {
    // As upstream, an empty list shows as one empty alert.
    let none = [(Labels::empty(), Labels::empty())];
    let expected = if expected.is_empty() { &none } else { expected };
    let found = if found.is_empty() { &none } else { found };
    let mut out = "[".to_owned();
    let count = expected.len().max(found.len());
    for index in 0..count {
        newline(&mut out, 1);
        match (expected.get(index), found.get(index)) {
            (Some(expected), Some(found)) => both(&mut out, expected, found, marks),
            (Some(expected), None) => marked(&mut out, marks.removed, |out| one(out, expected)),
            (None, Some(found)) => marked(&mut out, marks.added, |out| one(out, found)),
            (None, None) => {}
        }
        if index + 1 < count {
            out.push(',');
        }
    }
    newline(&mut out, 0);
    out.push(']');
    out
}

fn both(out: &mut String, expected: &Alert, found: &Alert, marks: Marks) {
    out.push('{');
    pairs(out, "Annotations", (&expected.1, &found.1), marks);
    out.push(',');
    pairs(out, "Labels", (&expected.0, &found.0), marks);
    newline(out, 1);
    out.push('}');
}

fn one(out: &mut String, alert: &Alert) {
    let nothing = Marks { removed: ("", ""), added: ("", ""), changed: ("", "") };
    both(out, alert, alert, nothing);
}

/// One map of an alert, its names sorted.
fn pairs(out: &mut String, key: &str, (expected, found): (&Labels, &Labels), marks: Marks) {
    newline(out, 2);
    write!(out, "\"{key}\": {{").expect("writing to a string cannot fail");
    let mut names: BTreeMap<&str, (Option<&str>, Option<&str>)> = BTreeMap::new();
    for (name, value) in expected.iter() {
        names.entry(name).or_default().0 = Some(value);
    }
    for (name, value) in found.iter() {
        names.entry(name).or_default().1 = Some(value);
    }
    let count = names.len();
    for (index, (name, sides)) in names.into_iter().enumerate() {
        newline(out, 3);
        let name = json(name);
        match sides {
            (Some(a), Some(b)) if a == b => {
                out.extend([name.to_string(), ": ".into(), json(a).to_string()]);
            }
            (Some(a), Some(b)) => {
                out.extend([name.to_string(), ": ".into()]);
                let text = format!("{} => {}", json(a), json(b));
                marked(out, marks.changed, |out| out.push_str(&text));
            }
            (a, b) => {
                let mark = if a.is_some() { marks.removed } else { marks.added };
                let text = format!("{name}: {}", json(a.or(b).unwrap_or_default()));
                marked(out, mark, |out| out.push_str(&text));
            }
        }
        if index + 1 < count {
            out.push(',');
        }
    }
    if count > 0 {
        newline(out, 2);
    }
    out.push('}');
}

fn marked(out: &mut String, mark: (&str, &str), write: impl FnOnce(&mut String)) {
    out.push_str(mark.0);
    write(out);
    out.push_str(mark.1);
}

fn newline(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&INDENT.repeat(depth));
}

fn json(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}

#[cfg(test)]
mod tests;

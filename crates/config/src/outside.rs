//! What a loader may ask the outside world: variables and, for flyball.yml, small files.
//! The shell passes the real ones, tests pass tables; the crate itself touches neither.

use std::collections::BTreeSet;
use std::fmt;

/// Answers for `${NAME}` and `${file:PATH}`.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    file: &'a dyn Fn(&str) -> std::io::Result<String>,
}

impl<'a> Outside<'a> {
    /// Asks `env` for variables and `file` for the content of files.
    pub fn new(
        env: &'a dyn Fn(&str) -> Option<String>,
        file: &'a dyn Fn(&str) -> std::io::Result<String>,
    ) -> Self {
        Self { env, file }
    }

    /// A world without variables and files.
    pub fn nothing() -> Outside<'static> {
        Outside { env: &|_| None, file: &|_| Err(std::io::ErrorKind::NotFound.into()) }
    }

    pub(crate) fn env(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }

    pub(crate) fn file(&self, path: &str) -> std::io::Result<String> {
        (self.file)(path)
    }
}

impl fmt::Debug for Outside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

/// Fills `$NAME`, `${NAME}` and `$$` as Go's `os.Expand`; used only for external labels.
///
/// Unset variables are empty and their names are returned, because upstream warns about them.
pub(crate) fn expand_go(text: &str, outside: &Outside<'_>) -> (String, Vec<String>) {
    let mut out = String::with_capacity(text.len());
    let mut missing = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (name, after) = go_name(&rest[at + 1..]);
        rest = after;
        match name {
            GoName::None | GoName::Dollar => out.push('$'),
            GoName::Malformed => {}
            GoName::Variable(name) => match outside.env(name).filter(|value| !value.is_empty()) {
                Some(value) => out.push_str(&value),
                None => drop(missing.insert(name.to_owned())),
            },
        }
    }
    out.push_str(rest);
    (out, missing.into_iter().collect())
}

enum GoName<'t> {
    /// A dollar sign at the end or before something that is no name.
    None,
    /// `${` without a closing brace or with nothing inside; Go swallows it.
    Malformed,
    /// `$$` or `${$}`
    Dollar,
    Variable(&'t str),
}

/// Go's special one-letter names: digits, `*`, `#`, `$`, `@`, `!`, `?`, `-`.
fn is_special(c: u8) -> bool {
    matches!(c, b'*' | b'#' | b'$' | b'@' | b'!' | b'?' | b'-' | b'0'..=b'9')
}

fn go_name(text: &str) -> (GoName<'_>, &str) {
    let variable = |name| if name == "$" { GoName::Dollar } else { GoName::Variable(name) };
    let Some(&first) = text.as_bytes().first() else { return (GoName::None, text) };
    if let Some(inner) = text.strip_prefix('{') {
        return match inner.split_once('}') {
            Some(("", rest)) => (GoName::Malformed, rest),
            Some((name, rest)) => (variable(name), rest),
            None => (GoName::Malformed, inner),
        };
    }
    if is_special(first) {
        return (variable(&text[..1]), &text[1..]);
    }
    let end = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    if end == 0 { (GoName::None, text) } else { (variable(&text[..end]), &text[end..]) }
}

#[cfg(test)]
mod tests;

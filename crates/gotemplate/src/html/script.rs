//! JavaScript inside HTML: where texts, comments and regular expressions begin and end.
//! Semantics: html/template, transition.go and js.go.

use super::context::{Context, State};

type Step = (Context, usize);

/// Code up to the next text, comment or regular expression.
pub(super) fn code(context: Context, text: &str) -> Step {
    let Some(at) = text.find(['"', '\'', '`', '/']) else {
        return (Context { divides: divides_after(text, context.divides), ..context }, text.len());
    };
    let divides = divides_after(&text[..at], context.divides);
    let begin = |state| Context { state, divides: false, ..context };
    let rest = &text[at..];
    match rest.as_bytes()[0] {
        b'"' => (begin(State::JsDqStr), at + 1),
        b'\'' => (begin(State::JsSqStr), at + 1),
        b'`' => (begin(State::JsTemplate), at + 1),
        _ if rest.starts_with("//") => {
            (Context { state: State::JsLineComment, divides, ..context }, at + 2)
        }
        _ if rest.starts_with("/*") => {
            (Context { state: State::JsBlockComment, divides, ..context }, at + 2)
        }
        _ if divides => (Context { divides: false, ..context }, at + 1),
        _ => (Context { state: State::JsRegexp, divides: false, ..context }, at + 1),
    }
}

/// The inside of a text or regular expression.
pub(super) fn delimited(context: Context, text: &str) -> Result<Step, String> {
    let specials: &[char] = match context.state {
        State::JsSqStr => &['\\', '\''],
        State::JsTemplate => &['\\', '`'],
        State::JsRegexp => &['\\', '/', '[', ']'],
        _ => &['\\', '"'],
    };
    let mut from = 0;
    let mut in_class = false;
    while let Some(at) = text[from..].find(specials).map(|index| from + index) {
        from = at + 1;
        match text.as_bytes()[at] {
            b'\\' => {
                let Some(escaped) = text[from..].chars().next() else {
                    let text = crate::fmt::quote(text);
                    return Err(format!("unfinished escape sequence in JS string: {text}"));
                };
                from += escaped.len_utf8();
            }
            b'[' => in_class = true,
            b']' => in_class = false,
            _ if in_class => {}
            _ => return Ok((Context { state: State::Js, divides: true, ..context }, from)),
        }
    }
    if in_class {
        return Err(format!("unfinished JS regexp charset: {}", crate::fmt::quote(text)));
    }
    Ok((context, text.len()))
}

/// Would a slash divide after this code? It does after operands and begins a regular expression
/// after operators.
fn divides_after(code: &str, before: bool) -> bool {
    const SPACES: [char; 7] = ['\t', '\n', '\x0c', '\r', ' ', '\u{2028}', '\u{2029}'];
    let code = code.trim_end_matches(SPACES);
    let Some(last) = code.chars().next_back() else { return before };
    match last {
        // `x++` is an operand, `x +` is not.
        '+' | '-' => (code.len() - code.trim_end_matches(last).len()).is_multiple_of(2),
        '.' => code[..code.len() - 1].ends_with(|c: char| c.is_ascii_digit()),
        ',' | '<' | '>' | '=' | '*' | '%' | '&' | '|' | '^' | '?' | '!' | '~' | '(' | '[' | ':'
        | ';' | '{' | '}' => false,
        _ => {
            let word = code.trim_end_matches(is_identifier_part);
            !precedes_regexp(&code[word.len()..])
        }
    }
}

fn precedes_regexp(word: &str) -> bool {
    matches!(
        word,
        "break"
            | "case"
            | "continue"
            | "delete"
            | "do"
            | "else"
            | "finally"
            | "in"
            | "instanceof"
            | "return"
            | "throw"
            | "try"
            | "typeof"
            | "void"
    )
}

/// Can the character be part of a word of JavaScript?
pub(super) fn is_identifier_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '$' | '_')
}

/// Is the content of a `<script>` of this type JavaScript?
pub(super) fn is_script_type(mime: &str) -> bool {
    let kind = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (family, name) = kind.split_once('/').unwrap_or(("", &kind));
    match (family, name) {
        ("", "" | "module") | ("application", "json" | "ld+json") => true,
        ("application" | "text", name) => {
            let name = name.strip_prefix("x-").unwrap_or(name);
            let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            matches!(plain, "ecmascript" | "javascript" | "jscript" | "livescript")
        }
        _ => false,
    }
}

//! Variables and macros in texts of dashboards: which there are, and expressions with values in
//! their places, so that they can be parsed.

use std::collections::BTreeSet;

/// A piece of a text.
enum Piece<'t> {
    Text(&'t str),
    /// `$name`, `${name}`, `${name:format}` or `[[name]]`.
    Name(&'t str),
}

/// Names that a text uses, without Grafana's own, which begin with `__`.
pub(crate) fn names(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for_each_piece(text, |piece| {
        if let Piece::Name(name) = piece
            && !name.starts_with("__")
        {
            names.insert(name);
        }
    });
    names
}

/// The text with values in the place of every name.
pub(crate) fn filled(text: &str, value_of: impl Fn(&str) -> String) -> String {
    let mut filled = String::new();
    for_each_piece(text, |piece| match piece {
        Piece::Text(text) => filled.push_str(text),
        Piece::Name(name) => match macro_value(name) {
            Some(value) => filled.push_str(value),
            None => filled.push_str(&value_of(name)),
        },
    });
    filled
}

/// What Grafana's own variables could be.
fn macro_value(name: &str) -> Option<&'static str> {
    Some(match name {
        "__interval_ms" | "__range_ms" | "__rate_interval_ms" => "300000",
        "__range_s" | "__interval_s" => "300",
        "__from" | "__to" => "1700000000000",
        "__interval" | "__range" | "__rate_interval" | "__auto" | "interval" => "5m",
        _ if name.starts_with("__") => "x",
        _ => return None,
    })
}

fn for_each_piece<'t>(text: &'t str, mut take: impl FnMut(Piece<'t>)) {
    let mut rest = text;
    while let Some(at) = rest.find(['$', '[']) {
        let Some((name, length)) = name_at(&rest[at..]) else {
            take(Piece::Text(&rest[..=at]));
            rest = &rest[at + 1..];
            continue;
        };
        take(Piece::Text(&rest[..at]));
        take(Piece::Name(name));
        rest = &rest[at + length..];
    }
    take(Piece::Text(rest));
}

/// The name that a text begins with, and how long its notation is.
fn name_at(text: &str) -> Option<(&str, usize)> {
    if let Some(inner) = text.strip_prefix("${") {
        let (inside, _) = inner.split_once('}')?;
        let name = inside.split([':', '.', '[']).next().unwrap_or(inside);
        return is_name(name).then_some((name, inside.len() + 3));
    }
    if let Some(inner) = text.strip_prefix("[[") {
        let (inside, _) = inner.split_once("]]")?;
        let name = inside.split(':').next().unwrap_or(inside);
        return is_name(name).then_some((name, inside.len() + 4));
    }
    let inner = text.strip_prefix('$')?;
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let name = &inner[..end];
    is_name(name).then_some((name, end + 1))
}

fn is_name(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_word) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_notation() {
        let text = "rate(a{b=~\"$job|${host:regex}\", c=\"[[zone]]\"}[$__rate_interval]) $1 $ ${";
        assert_eq!(names(text).into_iter().collect::<Vec<_>>(), ["host", "job", "zone"]);
        assert_eq!(
            filled(text, str::to_uppercase),
            "rate(a{b=~\"JOB|HOST\", c=\"ZONE\"}[5m]) $1 $ ${"
        );
    }
}

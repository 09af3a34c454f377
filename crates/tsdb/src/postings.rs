//! Matchers against an inverted index: distinct values are tested once, sorted id lists are
//! combined. Used by head and segments alike through [`Postings`]; ids are ordinals within their
//! index.
//! INV-12: the answer is exactly the set of series whose labels satisfy every matcher.

use model::{MatchOp, Matcher};
use std::borrow::Cow;

/// An inverted index from label pairs to sorted series ordinals.
pub(crate) trait Postings {
    /// All ordinals.
    fn all(&self) -> Vec<u32>;

    /// Ordinals of series with this pair.
    fn list(&self, name: &str, value: &str) -> Cow<'_, [u32]>;

    /// Lists of the values of a label for which `wanted` answers yes.
    fn lists<'a>(
        &'a self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> bool,
        each: &mut dyn FnMut(Cow<'a, [u32]>),
    );
}

/// Ordinals of the series that satisfy all matchers, ascending.
pub(crate) fn resolve(index: &impl Postings, matchers: &[Matcher]) -> Vec<u32> {
    let (subtracting, requiring): (Vec<&Matcher>, Vec<&Matcher>) =
        matchers.iter().partition(|matcher| matcher.matches_empty());
    let mut found: Option<Vec<u32>> = None;
    for matcher in requiring {
        let matching = matching(index, matcher);
        let narrowed = match found {
            None => matching,
            Some(found) => intersect(&found, &matching),
        };
        if narrowed.is_empty() {
            return narrowed;
        }
        found = Some(narrowed);
    }
    let mut found = found.unwrap_or_else(|| index.all());
    for matcher in subtracting {
        let excluded = union_of(index, matcher.name(), &mut |value| !matcher.matches(value));
        found = subtract(&found, &excluded);
    }
    found
}

/// Series that have the label with a matching value.
fn matching(index: &impl Postings, matcher: &Matcher) -> Vec<u32> {
    if matcher.op() == MatchOp::Equal {
        return index.list(matcher.name(), matcher.value()).into_owned();
    }
    if let (MatchOp::Regex, Some(literals)) =
        (matcher.op(), matcher.pattern().and_then(|pattern| pattern.literals()))
    {
        let lists = literals.iter().map(|value| index.list(matcher.name(), value)).collect();
        return union(lists);
    }
    union_of(index, matcher.name(), &mut |value| matcher.matches(value))
}

fn union_of(index: &impl Postings, name: &str, wanted: &mut dyn FnMut(&str) -> bool) -> Vec<u32> {
    let mut lists = Vec::new();
    index.lists(name, wanted, &mut |list| lists.push(list));
    union(lists)
}

/// Lists of different values of one label are disjoint, so sorting their concatenation is enough.
fn union(lists: Vec<Cow<'_, [u32]>>) -> Vec<u32> {
    if lists.len() == 1 {
        return lists.into_iter().next().map(Cow::into_owned).unwrap_or_default();
    }
    let mut all = lists.concat();
    all.sort_unstable();
    all.dedup();
    all
}

fn intersect(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut common = Vec::with_capacity(short.len());
    let mut rest = long;
    for &id in short {
        let skip = gallop(rest, id);
        rest = &rest[skip..];
        if rest.first() == Some(&id) {
            common.push(id);
        }
    }
    common
}

fn subtract(from: &[u32], excluded: &[u32]) -> Vec<u32> {
    let mut rest = excluded;
    from.iter()
        .copied()
        .filter(|id| {
            rest = &rest[gallop(rest, *id)..];
            rest.first() != Some(id)
        })
        .collect()
}

/// Index of the first entry that is not below `id`, found in steps of growing width.
fn gallop(list: &[u32], id: u32) -> usize {
    let mut width = 1;
    while width < list.len() && list[width] < id {
        width *= 2;
    }
    let from = width / 2;
    let to = list.len().min(width + 1);
    from + list[from..to].partition_point(|entry| *entry < id)
}

#[cfg(test)]
mod tests;

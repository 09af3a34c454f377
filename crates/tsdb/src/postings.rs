//! Matchers against an inverted index: distinct values are tested once, sorted id lists are
//! combined. Used by head and segments alike through [`Postings`]; ids are ordinals within their
//! index.
//! INV-12: the answer is exactly the set of series whose labels satisfy every matcher.

use model::{MatchOp, Matcher, QuerierError, Unwatched, Watch};
use std::collections::HashMap;

/// A match that runs a program counts as so many entries: it may take as long.
const PROGRAM_ENTRIES: usize = 256;
/// An entry of a map besides its text.
const VERDICT_BYTES: usize = 64;

/// An inverted index from label pairs to sorted series ordinals.
pub(crate) trait Postings {
    /// All ordinals.
    fn all(&self) -> Vec<u32>;

    /// Appends the ordinals of series with this pair, ascending.
    fn list(&self, name: &str, value: &str, into: &mut Vec<u32>);

    /// Appends the lists of the values of a label for which `wanted` answers yes.
    fn lists(
        &self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool, QuerierError>,
        into: &mut Vec<u32>,
    ) -> Result<(), QuerierError>;
}

/// A matcher with what it has said about values already, so that it need not be asked while a
/// lock is held.
#[derive(Debug)]
pub(crate) struct Judged<'m> {
    matcher: &'m Matcher,
    known: HashMap<Box<str>, bool, foldhash::fast::FixedState>,
}

impl<'m> Judged<'m> {
    /// Matchers that have said nothing yet.
    pub(crate) fn all(matchers: &'m [Matcher]) -> Vec<Self> {
        let new = |matcher| Self { matcher, known: HashMap::default() };
        matchers.iter().map(new).collect()
    }

    /// Name of its label when asking it may take long.
    pub(crate) fn costly_name(&self) -> Option<&'m str> {
        let pattern = self.matcher.pattern()?;
        pattern.is_program().then(|| self.matcher.name())
    }

    /// Bytes of knowing what it says about so long texts.
    pub(crate) fn cost<'v>(values: impl Iterator<Item = &'v str>) -> usize {
        values.map(|value| value.len() + VERDICT_BYTES).sum()
    }

    /// Asks it about values.
    pub(crate) fn learn(
        &mut self,
        values: Vec<Box<str>>,
        watch: &dyn Watch,
    ) -> Result<(), QuerierError> {
        for value in values {
            watch.tick(PROGRAM_ENTRIES)?;
            let verdict = self.matcher.matches(&value);
            self.known.insert(value, verdict);
        }
        Ok(())
    }

    fn matches(&self, value: &str, watch: &dyn Watch) -> Result<bool, QuerierError> {
        if let Some(verdict) = self.known.get(value) {
            watch.tick(1)?;
            return Ok(*verdict);
        }
        watch.tick(if self.costly_name().is_some() { PROGRAM_ENTRIES } else { 1 })?;
        Ok(self.matcher.matches(value))
    }
}

/// Ordinals of the series that satisfy all matchers, ascending, for who has all the time it takes.
pub(crate) fn resolve(index: &impl Postings, matchers: &[Matcher]) -> Vec<u32> {
    let found = resolve_under(index, &Judged::all(matchers), &Unwatched);
    found.expect("nobody watches who could refuse")
}

/// The same while somebody looks after the question.
pub(crate) fn resolve_under(
    index: &impl Postings,
    matchers: &[Judged<'_>],
    watch: &dyn Watch,
) -> Result<Vec<u32>, QuerierError> {
    let (subtracting, requiring): (Vec<&Judged<'_>>, Vec<&Judged<'_>>) =
        matchers.iter().partition(|judged| judged.matcher.matches_empty());
    let mut found: Option<Vec<u32>> = None;
    for judged in requiring {
        let matching = matching(index, judged, watch)?;
        let narrowed = match found {
            None => matching,
            Some(found) => intersect(&found, &matching),
        };
        if narrowed.is_empty() {
            return Ok(narrowed);
        }
        found = Some(narrowed);
    }
    let mut found = found.unwrap_or_else(|| index.all());
    for judged in subtracting {
        let mut excluding = |value: &str| Ok(!judged.matches(value, watch)?);
        let excluded = union_of(index, judged.matcher.name(), &mut excluding, watch)?;
        found = subtract(&found, &excluded);
    }
    Ok(found)
}

/// Series that have the label with a matching value.
fn matching(
    index: &impl Postings,
    judged: &Judged<'_>,
    watch: &dyn Watch,
) -> Result<Vec<u32>, QuerierError> {
    let (matcher, mut found) = (judged.matcher, Vec::new());
    if matcher.op() == MatchOp::Equal {
        index.list(matcher.name(), matcher.value(), &mut found);
        return Ok(found);
    }
    if let (MatchOp::Regex, Some(literals)) =
        (matcher.op(), matcher.pattern().and_then(|pattern| pattern.literals()))
    {
        watch.tick(literals.len())?;
        for value in literals {
            index.list(matcher.name(), value, &mut found);
        }
        return sorted(found, watch);
    }
    union_of(index, matcher.name(), &mut |value| judged.matches(value, watch), watch)
}

fn union_of(
    index: &impl Postings,
    name: &str,
    wanted: &mut dyn FnMut(&str) -> Result<bool, QuerierError>,
    watch: &dyn Watch,
) -> Result<Vec<u32>, QuerierError> {
    let mut found = Vec::new();
    index.lists(name, wanted, &mut found)?;
    sorted(found, watch)
}

/// Lists of different values of one label are disjoint, so sorting them together is enough.
fn sorted(mut lists: Vec<u32>, watch: &dyn Watch) -> Result<Vec<u32>, QuerierError> {
    watch.tick(lists.len())?;
    lists.sort_unstable();
    debug_assert!(lists.is_sorted_by(|a, b| a < b), "INV-12: a series has one value of a label");
    Ok(lists)
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

//! Inverted index of a segment: from each label pair to the series that have it.
//! Written and read with the rest of the index. Lists are runs of neighbours, because series are
//! sorted.

use super::index::{LabelRows, index_u32};
use super::symbols::Symbols;
use crate::encoding::Decoded;
use crate::encoding::bytes::{Cursor, put_varint};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// A page of postings; the section is their concatenation.
const POSTINGS_PAGE_BYTES: usize = 64 << 10;

/// Inverted index with its lists as they stand in the file: about two bytes a run, where a list of
/// numbers takes four a series and label.
#[derive(Debug, Default)]
pub(super) struct SegmentPostings {
    /// The checked section.
    bytes: Box<[u8]>,
    /// Name symbols, ascending, each with the end of its values.
    names: Vec<(u32, u32)>,
    values: Vec<ValueList>,
    series: u32,
}

/// The list of a value.
#[derive(Clone, Copy, Debug)]
struct ValueList {
    symbol: u32,
    /// Where its number of runs stands in the section.
    at: u32,
    /// Series in it.
    count: u32,
}

impl SegmentPostings {
    /// Number of series of the segment.
    pub(super) fn series(&self) -> u32 {
        self.series
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.bytes.len()
            + size_of::<(u32, u32)>() * self.names.capacity()
            + size_of::<ValueList>() * self.values.capacity()
    }

    /// Name symbols in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = u32> {
        self.names.iter().map(|(name, _)| *name)
    }

    /// Value symbols of a name in their order, with the number of series of each.
    pub(super) fn values(&self, name: u32) -> impl Iterator<Item = (u32, usize)> {
        self.of_name(name).iter().map(|list| (list.symbol, list.count as usize))
    }

    /// Appends the series of a pair.
    pub(super) fn list(&self, (name, value): (u32, u32), into: &mut Vec<u32>) {
        let values = self.of_name(name);
        if let Ok(place) = values.binary_search_by_key(&value, |list| list.symbol) {
            self.put(values[place], into);
        }
    }

    /// Appends the series of each value of a name for which `wanted` answers yes.
    pub(super) fn lists<E>(
        &self,
        name: u32,
        mut wanted: impl FnMut(u32) -> Result<bool, E>,
        into: &mut Vec<u32>,
    ) -> Result<(), E> {
        for list in self.of_name(name) {
            if wanted(list.symbol)? {
                self.put(*list, into);
            }
        }
        Ok(())
    }

    fn of_name(&self, name: u32) -> &[ValueList] {
        let Ok(place) = self.names.binary_search_by_key(&name, |(name, _)| *name) else {
            return &[];
        };
        let start = if place == 0 { 0 } else { self.names[place - 1].1 as usize };
        &self.values[start..self.names[place].1 as usize]
    }

    fn put(&self, list: ValueList, into: &mut Vec<u32>) {
        into.reserve(list.count as usize);
        let mut rest = self.bytes[list.at as usize..].iter();
        let mut next = 0;
        for _ in 0..take_checked(&mut rest) {
            let first = next + take_checked(&mut rest);
            next = first + take_checked(&mut rest);
            // Most runs are single series, for which a range costs more than its number.
            if next == first + 1 {
                into.push(first);
            } else {
                into.extend(first..next);
            }
        }
    }
}

/// A varint of a section that was checked when it was decoded.
fn take_checked(bytes: &mut std::slice::Iter<'_, u8>) -> u32 {
    let (mut value, mut shift) = (0, 0);
    for byte in bytes {
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            break;
        }
        shift += 7;
    }
    u32::try_from(value).expect("INV-16: lists were checked when the section was decoded")
}

/// Postings: varint number of names, each: varint name step, varint number of values, each: varint
/// value step, varint number of runs, each: varint gap, varint length of the run.
///
/// Each [`POSTINGS_PAGE_BYTES`] of them go to `put` at once, and lists are gone when they are
/// written.
pub(crate) fn encode_postings<E>(
    (labels, new): (&LabelRows, &[u32]),
    mut put: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut lists: BTreeMap<(u32, u32), Runs> = BTreeMap::new();
    let mut ordinal = 0;
    let Ok(()) = labels.for_each::<Infallible>(new, |symbols| {
        for pair in symbols.chunks_exact(2) {
            lists.entry((pair[0], pair[1])).or_default().push(ordinal);
        }
        ordinal += 1;
        Ok(())
    });
    let mut values: BTreeMap<u32, u64> = BTreeMap::new();
    for (name, _) in lists.keys() {
        *values.entry(*name).or_default() += 1;
    }
    let mut out = Vec::new();
    put_varint(&mut out, values.len() as u64);
    let mut before = None;
    for ((name, value), list) in lists {
        let value_before = match before {
            Some((known, value)) if known == name => value,
            Some(_) | None => {
                let name_before = before.map_or(0, |(before, _)| before);
                put_varint(&mut out, u64::from(name - name_before));
                put_varint(&mut out, values[&name]);
                0
            }
        };
        put_varint(&mut out, u64::from(value - value_before));
        list.put(&mut out);
        before = Some((name, value));
        while out.len() >= POSTINGS_PAGE_BYTES {
            put(&out[..POSTINGS_PAGE_BYTES])?;
            out.drain(..POSTINGS_PAGE_BYTES);
        }
    }
    if out.is_empty() { Ok(()) } else { put(&out) }
}

/// Ascending ordinals as they stand in the file: about two bytes a run, where a list takes four an
/// ordinal.
#[derive(Debug, Default)]
struct Runs {
    /// Closed runs: varint gap, varint length each.
    bytes: Vec<u8>,
    closed: u32,
    /// Where the closed runs end.
    end: u32,
    /// The run that goes on; empty before the first ordinal.
    open: std::ops::Range<u32>,
}

impl Runs {
    fn push(&mut self, ordinal: u32) {
        if self.open.is_empty() {
            self.open = ordinal..ordinal + 1;
        } else if self.open.end == ordinal {
            self.open.end += 1;
        } else {
            let mut bytes = std::mem::take(&mut self.bytes);
            self.put_open(&mut bytes);
            self.bytes = bytes;
            self.closed += 1;
            self.end = self.open.end;
            self.open = ordinal..ordinal + 1;
        }
    }

    fn put_open(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.open.start - self.end));
        put_varint(out, self.open.len() as u64);
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.closed) + 1);
        out.extend_from_slice(&self.bytes);
        self.put_open(out);
    }
}

/// Checks the section and notes where its lists are.
pub(super) fn decode_postings(
    bytes: Vec<u8>,
    symbols: &Symbols,
    series: u32,
) -> Decoded<SegmentPostings> {
    let mut cursor = Cursor::new(&bytes);
    let (mut names, mut values) = (Vec::new(), Vec::new());
    let mut name = 0_u64;
    for nth in 0..cursor.count(bytes.len())? {
        let step = cursor.varint()?;
        name = name.saturating_add(step);
        let symbol = known(&cursor, name, symbols)?;
        let sorted = take_values(&mut cursor, symbols, series as usize, &mut values)?;
        if !sorted || (nth > 0 && step == 0) {
            return Err(cursor.damage("postings are not sorted"));
        }
        names.push((symbol, index_u32(values.len())));
    }
    cursor.finish()?;
    names.shrink_to_fit();
    values.shrink_to_fit();
    Ok(SegmentPostings { bytes: bytes.into(), names, values, series })
}

/// The lists of a name; `false`: its values do not ascend.
fn take_values(
    cursor: &mut Cursor<'_>,
    symbols: &Symbols,
    series: usize,
    values: &mut Vec<ValueList>,
) -> Decoded<bool> {
    let (mut value, mut total, mut sorted) = (0_u64, 0, true);
    for nth in 0..cursor.count(cursor.remaining())? {
        let step = cursor.varint()?;
        sorted &= nth == 0 || step > 0;
        value = value.saturating_add(step);
        let symbol = known(cursor, value, symbols)?;
        let (at, mut count) = (index_u32(cursor.position()), 0);
        for_each_run(cursor, series, |run| count += run.len())?;
        total += count;
        // A series has one value per name, so the lists of a name are disjoint.
        if total > series {
            return Err(cursor.damage("more postings than series"));
        }
        values.push(ValueList { symbol, at, count: index_u32(count) });
    }
    Ok(sorted)
}

fn known(cursor: &Cursor<'_>, symbol: u64, symbols: &Symbols) -> Decoded<u32> {
    match u32::try_from(symbol) {
        Ok(symbol) if (symbol as usize) < symbols.len() => Ok(symbol),
        Ok(_) | Err(_) => Err(cursor.damage("posting of a symbol that is not in the dictionary")),
    }
}

fn for_each_run(
    cursor: &mut Cursor<'_>,
    series: usize,
    mut each: impl FnMut(std::ops::Range<u32>),
) -> Decoded<()> {
    let mut next = 0_usize;
    for _ in 0..cursor.count(series)? {
        let first = next + cursor.count(series)?;
        let len = cursor.count(series)?;
        if len == 0 || first + len > series {
            return Err(cursor.damage("posting behind the last series"));
        }
        each(index_u32(first)..index_u32(first + len));
        next = first + len;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

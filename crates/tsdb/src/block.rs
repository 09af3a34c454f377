//! A block: values (and start timestamps) of one series for up to 65,536 samples of one type.
//! Used by sealing and segments; timestamps stand in a column of their own that blocks share.
//!
//! ```text
//! byte 0      bits 0-3 version 0; bit 4 start timestamps present; bit 5 histograms
//! column      start timestamps as integers (if present; unknown: i64::MIN)
//! column      floats or histograms
//! ```

use crate::encoding::bytes::Cursor;
use crate::encoding::floats::{Integers, Place};
use crate::encoding::histograms::BLOCK_HISTOGRAMS_MAX;
use crate::encoding::{Decoded, Effort, floats, histograms, ints};
use crate::samples::{ColumnRef, append, append_starts};
use model::SampleBuf;
use std::ops::Range;

const STARTS_FLAG: u8 = 0x10;
const HISTOGRAMS_FLAG: u8 = 0x20;
/// Stands for an unknown start among known ones.
const UNKNOWN_START: i64 = i64::MIN;

/// Appends the encoding of a block.
pub(crate) fn encode(
    timestamps: &[i64],
    column: ColumnRef<'_>,
    starts: &[i64],
    effort: Effort,
    out: &mut Vec<u8>,
) {
    let known = put_flags(timestamps, &column, starts, out);
    if known {
        encode_starts(timestamps, starts, out);
    }
    match column {
        ColumnRef::Floats(values) => floats::encode(values, effort, out),
        ColumnRef::Histograms(values) => histograms::encode(values, effort, out),
    }
}

/// Appends a block of floats without starts for data at rest, as differences to another block where
/// that is shorter. Gives its integers if others can refer to it.
pub(crate) fn encode_above(
    timestamps: &[i64],
    values: &[f64],
    below: Option<(&Integers, Place)>,
    out: &mut Vec<u8>,
) -> Option<Integers> {
    put_flags(timestamps, &ColumnRef::Floats(values), &[], out);
    floats::encode_above(values, Effort::Cold, below, out)
}

/// Begins a block; tells whether it has starts.
fn put_flags(
    timestamps: &[i64],
    column: &ColumnRef<'_>,
    starts: &[i64],
    out: &mut Vec<u8>,
) -> bool {
    assert_eq!(timestamps.len(), column.len(), "INV-10: a timestamp per sample");
    let known = starts.iter().any(|start| *start != 0);
    let kind = match column {
        ColumnRef::Floats(_) => 0,
        ColumnRef::Histograms(_) => HISTOGRAMS_FLAG,
    };
    out.push(kind | if known { STARTS_FLAG } else { 0 });
    known
}

/// Starts repeat until a restart, so they are kept as they are; their differences are zero.
fn encode_starts(timestamps: &[i64], starts: &[i64], out: &mut Vec<u8>) {
    assert_eq!(timestamps.len(), starts.len(), "a start per timestamp");
    let starts: Vec<i64> =
        starts.iter().map(|start| if *start == 0 { UNKNOWN_START } else { *start }).collect();
    ints::encode(&starts, Effort::Quick, out);
}

/// Tells without decoding that a block has floats without starts, none of them a staleness marker;
/// `false` when that is not certain.
pub(crate) fn has_no_marker(bytes: &[u8]) -> bool {
    bytes.split_first().is_some_and(|(flags, column)| *flags == 0 && floats::has_no_marker(column))
}

/// Appends the wanted samples of a block, whose timestamps are all given.
pub(crate) fn decode(
    bytes: &[u8],
    timestamps: &[i64],
    wanted: Range<usize>,
    into: &mut SampleBuf,
) -> Decoded<()> {
    let mut cursor = Cursor::new(bytes);
    let flags = cursor.byte()?;
    if flags & !(STARTS_FLAG | HISTOGRAMS_FLAG) != 0 {
        return Err(cursor.damage("unknown version of block"));
    }
    let mut starts = Vec::new();
    if flags & STARTS_FLAG != 0 {
        ints::decode(&mut cursor, timestamps.len(), &mut starts)?;
        starts.iter_mut().filter(|start| **start == UNKNOWN_START).for_each(|start| *start = 0);
    }
    if flags & HISTOGRAMS_FLAG != 0 {
        let mut column = Vec::with_capacity(timestamps.len().min(BLOCK_HISTOGRAMS_MAX));
        histograms::decode(&mut cursor, timestamps.len(), &mut column)?;
        cursor.finish()?;
        append(timestamps, ColumnRef::Histograms(&column), &starts, wanted, into);
        return Ok(());
    }
    let before = into.values.len();
    floats::decode_front(&mut cursor, (timestamps.len(), wanted.end), &mut into.values)?;
    cursor.finish()?;
    into.values.drain(before..before + wanted.start);
    append_starts(&starts, wanted.clone(), into);
    into.timestamps.extend_from_slice(&timestamps[wanted]);
    Ok(())
}

/// The block that a block of `rows` samples adds to, if it holds differences.
pub(crate) fn below(bytes: &[u8], rows: usize) -> Decoded<Option<Place>> {
    match bytes {
        [0, column @ ..] => floats::below(column, rows),
        _ => Ok(None),
    }
}

/// The integers of a block of decimals, or of differences to those below.
pub(crate) fn decode_integers(
    bytes: &[u8],
    rows: usize,
    below: Option<&Integers>,
) -> Decoded<Integers> {
    let mut cursor = Cursor::new(bytes);
    if cursor.byte()? != 0 {
        return Err(cursor.damage("differences to a block of another kind"));
    }
    let integers = floats::decode_integers(&mut cursor, rows, below)?;
    cursor.finish()?;
    Ok(integers)
}

/// Appends the wanted samples of a block whose integers are known.
pub(crate) fn decode_quotients(
    bytes: &[u8],
    integers: &Integers,
    timestamps: &[i64],
    wanted: Range<usize>,
    into: &mut SampleBuf,
) -> Decoded<()> {
    floats::decode_quotients(&bytes[1..], integers, wanted.clone(), &mut into.values)?;
    append_starts(&[], wanted.clone(), into);
    into.timestamps.extend_from_slice(&timestamps[wanted]);
    Ok(())
}

#[cfg(test)]
mod tests;

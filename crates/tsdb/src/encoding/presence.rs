//! Which rows of a shared timestamp column a series has: all, one run, or a bitmap.
//! Used by segments when a series' timestamps are a subset of its neighbours' column.
//!
//! ```text
//! byte 0      0 all, 1 run (varint first row, varint count), 2 bitmap (ceil(rows/8) bytes)
//! ```

use super::Decoded;
use super::bytes::{Cursor, put_varint};

/// Rows of a shared column that a series has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Every row.
    All,
    /// Consecutive rows.
    Run {
        /// First row.
        first: usize,
        /// Number of rows, at least 1.
        count: usize,
    },
    /// Bit `row % 8` of byte `row / 8` is set when the row is there.
    Bitmap(Box<[u8]>),
}

impl Presence {
    /// Finds how `subset` lies in `column` (both strictly increasing); `None` when it does not.
    pub fn of(subset: &[i64], column: &[i64]) -> Option<Self> {
        let first = column.binary_search(subset.first()?).ok()?;
        if subset.len() <= column.len() - first && column[first..first + subset.len()] == *subset {
            return Some(if subset.len() == column.len() {
                Self::All
            } else {
                Self::Run { first, count: subset.len() }
            });
        }
        let mut bitmap = vec![0_u8; column.len().div_ceil(8)];
        let mut row = first;
        for timestamp in subset {
            row += column[row..].iter().position(|t| t >= timestamp)?;
            if column[row] != *timestamp {
                return None;
            }
            bitmap[row / 8] |= 1 << (row % 8);
        }
        Some(Self::Bitmap(bitmap.into()))
    }

    /// Number of present rows.
    pub fn count(&self, rows: usize) -> usize {
        match self {
            Self::All => rows,
            Self::Run { count, .. } => *count,
            Self::Bitmap(bytes) => bytes.iter().map(|byte| byte.count_ones() as usize).sum(),
        }
    }

    /// Appends the present rows of `column` to `out`.
    pub fn pick(&self, column: &[i64], out: &mut Vec<i64>) {
        match self {
            Self::All => out.extend_from_slice(column),
            Self::Run { first, count } => out.extend_from_slice(&column[*first..*first + *count]),
            Self::Bitmap(bytes) => out.extend(
                column
                    .iter()
                    .enumerate()
                    .filter(|(row, _)| bytes[row / 8] >> (row % 8) & 1 == 1)
                    .map(|(_, t)| *t),
            ),
        }
    }

    /// Appends the encoding.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::All => out.push(0),
            Self::Run { first, count } => {
                out.push(1);
                put_varint(out, *first as u64);
                put_varint(out, *count as u64);
            }
            Self::Bitmap(bytes) => {
                out.push(2);
                out.extend_from_slice(bytes);
            }
        }
    }

    /// Decodes; `rows` is the length of the shared column.
    pub fn decode(cursor: &mut Cursor<'_>, rows: usize) -> Decoded<Self> {
        match cursor.byte()? {
            0 => Ok(Self::All),
            1 => {
                let first = cursor.count(rows)?;
                let count = cursor.count(rows)?;
                if count == 0 || first + count > rows {
                    return Err(cursor.damage("run of rows behind the end of its column"));
                }
                Ok(Self::Run { first, count })
            }
            2 => {
                let bytes = cursor.take(rows.div_ceil(8))?;
                let spare = bytes.len() * 8 - rows;
                let overhang =
                    bytes.last().is_some_and(|last| spare > 0 && last >> (8 - spare) != 0);
                if overhang || bytes.iter().all(|byte| *byte == 0) {
                    return Err(cursor.damage("bitmap of rows does not fit its column"));
                }
                Ok(Self::Bitmap(bytes.into()))
            }
            _ => Err(cursor.damage("unknown kind of presence")),
        }
    }
}

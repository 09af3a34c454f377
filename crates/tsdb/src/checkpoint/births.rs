//! Series of a checkpoint, each written against the one before: 12 to 20 bytes a series, where the
//! form of the journal's records takes 55 to 80.
//!
//! ```text
//! varint   number of series, each:
//!   byte     bits 0-2 kind of the newest value as in rows of the journal, 6: there is none;
//!            bit 3 the id is the next one; bit 4 the newest timestamp is the one before;
//!            bit 5 same group; bit 6 the label names are those of the series before
//!   signed   id step, unless bit 3
//!   8 bytes  group key, unless bit 5
//!   labels   with bit 6: a bit for each label whose value changed, then those values;
//!            without: varint labels, each name and value
//!   signed   timestamp step in ms, unless bit 4 or there is no newest sample
//!   value    as in rows of the journal
//! ```
//!
//! A text is varint 0, varint length and bytes (it gets the next number), or the 1-based number of
//! an earlier text of this page.

use crate::encoding::Decoded;
use crate::encoding::bytes::{Cursor, put_bytes, put_signed, put_varint};
use crate::head::{FrozenSeries, Newest};
use crate::record::{
    Birth, LABELS_MAX, NEXT_SERIES, SAME_TIME, VALUE_MASK, checked_labels, put_value, take_text,
    take_value,
};
use model::{GroupKey, SeriesRef, Timestamp};
use std::collections::HashMap;

/// Most bytes of label texts of one page, each set counted by itself: repeated names and values
/// cost next to nothing there, so damaged bytes could name far more than they hold.
const TEXT_BYTES_MAX: usize = 4 * super::PAGE_BYTES;
/// Kind of value of a series that has no newest sample.
const NO_VALUE: u8 = 6;
const SAME_GROUP: u8 = 0b0010_0000;
const SAME_NAMES: u8 = 0b0100_0000;

/// Number of a text in the dictionary of its page.
type Text = u32;

/// What the next series is written against.
#[derive(Default)]
struct Before {
    id: u64,
    group: GroupKey,
    time: i64,
    /// Names and values in turn.
    labels: Vec<Text>,
}

/// Appends series.
pub(super) fn encode(series: &[FrozenSeries], out: &mut Vec<u8>) {
    put_varint(out, series.len() as u64);
    let mut texts = Texts::default();
    let mut before = Before::default();
    for one in series {
        encode_one(one, &mut texts, &mut before, out);
    }
}

fn encode_one<'s>(
    series: &'s FrozenSeries,
    texts: &mut Texts<'s>,
    before: &mut Before,
    out: &mut Vec<u8>,
) {
    let (flags_at, id, mut flags) = (out.len(), series.id.0, 0);
    out.push(0);
    if id == before.id.wrapping_add(1) {
        flags |= NEXT_SERIES;
    } else {
        put_signed(out, id.wrapping_sub(before.id).cast_signed());
    }
    if series.group == before.group {
        flags |= SAME_GROUP;
    } else {
        out.extend(series.group.0.to_le_bytes());
    }
    if texts.put_labels(&series.labels, &mut before.labels, out) {
        flags |= SAME_NAMES;
    }
    match &series.newest {
        None => flags |= NO_VALUE,
        Some(Newest { timestamp, value }) => {
            if timestamp.ms() == before.time {
                flags |= SAME_TIME;
            } else {
                put_signed(out, timestamp.ms().wrapping_sub(before.time));
            }
            flags |= put_value(out, value);
            before.time = timestamp.ms();
        }
    }
    out[flags_at] = flags;
    (before.id, before.group) = (id, series.group);
}

/// The dictionary of a page while it is written.
#[derive(Default)]
struct Texts<'s> {
    numbers: HashMap<&'s str, Text, foldhash::fast::FixedState>,
}

impl<'s> Texts<'s> {
    /// Appends labels against those before, which they replace; true when the names are the same.
    fn put_labels(
        &mut self,
        labels: &'s model::Labels,
        before: &mut Vec<Text>,
        out: &mut Vec<u8>,
    ) -> bool {
        let names = before.iter().step_by(2).copied();
        let known = labels.iter().map(|(name, _)| self.numbers.get(name).copied());
        let is_same = !labels.is_empty() && known.eq(names.map(Some));
        let mut mask_at = out.len();
        if is_same {
            out.resize(mask_at + labels.len().div_ceil(8), 0);
        } else {
            put_varint(out, labels.len() as u64);
            mask_at = 0;
        }
        let mut now = Vec::with_capacity(2 * labels.len());
        for (place, (name, value)) in labels.iter().enumerate() {
            if !is_same {
                now.push(self.put(name, out));
                now.push(self.put(value, out));
                continue;
            }
            now.push(before[2 * place]);
            let unchanged = self.numbers.get(value) == Some(&before[2 * place + 1]);
            if unchanged {
                now.push(before[2 * place + 1]);
            } else {
                out[mask_at + place / 8] |= 1 << (place % 8);
                now.push(self.put(value, out));
            }
        }
        *before = now;
        is_same
    }

    fn put(&mut self, text: &'s str, out: &mut Vec<u8>) -> Text {
        if let Some(number) = self.numbers.get(text) {
            put_varint(out, u64::from(*number));
            return *number;
        }
        let number = Text::try_from(self.numbers.len() + 1).expect("a page has few texts");
        self.numbers.insert(text, number);
        put_varint(out, 0);
        put_bytes(out, text.as_bytes());
        number
    }
}

/// Inverse of [`encode`].
pub(super) fn decode(bytes: &[u8], out: &mut Vec<(Birth, Option<Newest>)>) -> Decoded<()> {
    let mut cursor = Cursor::new(bytes);
    let count = cursor.count(cursor.remaining())?;
    let mut texts: Vec<&str> = Vec::new();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let (mut id, mut group, mut time) = (0_u64, GroupKey::default(), 0_i64);
    let mut text_bytes = 0;
    for _ in 0..count {
        let flags = cursor.byte()?;
        if flags & !(VALUE_MASK | NEXT_SERIES | SAME_TIME | SAME_GROUP | SAME_NAMES) != 0 {
            return Err(cursor.damage("unknown flags of a series"));
        }
        let step = if flags & NEXT_SERIES != 0 { 1 } else { cursor.signed()? };
        id = id.wrapping_add(step.cast_unsigned());
        if flags & SAME_GROUP == 0 {
            group = GroupKey(cursor.u64()?);
        }
        take_labels(&mut cursor, flags & SAME_NAMES != 0, &mut texts, &mut pairs)?;
        text_bytes += pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        if text_bytes > TEXT_BYTES_MAX {
            return Err(cursor.damage("more label texts than a page holds"));
        }
        let labels = checked_labels(&cursor, &pairs)?;
        let mut newest = None;
        if flags & VALUE_MASK != NO_VALUE {
            let step = if flags & SAME_TIME != 0 { 0 } else { cursor.signed()? };
            time = time.wrapping_add(step);
            let value = take_value(&mut cursor, flags & VALUE_MASK)?;
            newest = Some(Newest { timestamp: Timestamp::from_ms(time), value });
        }
        out.push((Birth { series: SeriesRef(id), group, labels }, newest));
    }
    cursor.finish()
}

/// Changes the labels of the series before into those of the next one.
fn take_labels<'a>(
    cursor: &mut Cursor<'a>,
    same_names: bool,
    texts: &mut Vec<&'a str>,
    pairs: &mut Vec<(&'a str, &'a str)>,
) -> Decoded<()> {
    if same_names {
        let mask = cursor.take(pairs.len().div_ceil(8))?;
        for (place, pair) in pairs.iter_mut().enumerate() {
            if mask[place / 8] >> (place % 8) & 1 == 1 {
                pair.1 = take_text(cursor, texts)?;
            }
        }
        return Ok(());
    }
    pairs.clear();
    for _ in 0..cursor.count(LABELS_MAX)? {
        let name = take_text(cursor, texts)?;
        pairs.push((name, take_text(cursor, texts)?));
    }
    Ok(())
}

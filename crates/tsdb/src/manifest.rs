//! The manifest: the one file that says what the database consists of, replaced atomically.
//! INV-18: segments, checkpoint and journal floor change together, by one rename; a crash leaves
//! the old state or the new one.
//!
//! A text file, one fact a line, closed by its checksum:
//!
//! ```text
//! flyball-manifest 2
//! next-segment 43
//! next-series 100234
//! first-series 17
//! journal-floor 00000000000000070000000000000010      (segment and offset, hexadecimal)
//! checkpoint 42
//! fallback 38                                         (the checkpoint before)
//! segment 41 39                                       (number, number of its oldest source)
//! obsolete 40                                         (to be removed)
//! tombstone 43 0 99 up=1                              (a deletion: see `tombstone`)
//! rebuilt yes                                         (only after the manifest was lost)
//! crc32c 1a2b3c4d                                     (of everything above)
//! ```

use crate::error::{DbError, DbErrorKind, DbResult};
use crate::tombstone::Tombstone;
use journal::Position;
use std::fmt::Write as _;
use std::path::Path;
use sys::Vfs;

/// A manifest of a million segments would have this size.
const BYTES_MAX: u64 = 64 << 20;
const HEAD: &str = "flyball-manifest 2";
/// The version before deletions.
const HEAD_WITHOUT_TOMBSTONES: &str = "flyball-manifest 1";
const UNKNOWN_VERSION: &str = "unknown version; was it written by a newer flyball?";

/// A registered segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentEntry {
    pub(crate) id: u64,
    /// Number of the oldest segment that went into it; INV-11 goes by this.
    pub(crate) age: u64,
}

/// What the database consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) next_segment: u64,
    pub(crate) next_series: u64,
    /// Smallest id that the journal may still give birth to.
    pub(crate) first_series: u64,
    /// Records before this place are in segments and in the checkpoint.
    pub(crate) floor: Position,
    pub(crate) checkpoint: Option<u64>,
    /// The checkpoint before, for what is damaged in the present one.
    pub(crate) fallback: Option<u64>,
    pub(crate) segments: Vec<SegmentEntry>,
    /// Files that were replaced and may still be there.
    pub(crate) obsolete: Vec<u64>,
    /// Deletions that may still hide something.
    pub(crate) tombstones: Vec<Tombstone>,
    /// It was rebuilt from the files that were found: the checkpoint may be younger than the
    /// segments, so its newest samples say nothing about what is stored. Until the next flush.
    pub(crate) rebuilt: bool,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            next_segment: 1,
            next_series: 1,
            first_series: 1,
            floor: Position::START,
            checkpoint: None,
            fallback: None,
            segments: Vec::new(),
            obsolete: Vec::new(),
            tombstones: Vec::new(),
            rebuilt: false,
        }
    }
}

impl Manifest {
    /// From the first id that a live series may have to the first one never used.
    pub(crate) fn series_ids(&self) -> std::ops::Range<u64> {
        self.first_series..self.next_series
    }

    /// The text of the file.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("{HEAD}\n");
        let mut line = |parts: std::fmt::Arguments<'_>| {
            text.write_fmt(parts).expect("a String takes everything");
            text.push('\n');
        };
        line(format_args!("next-segment {}", self.next_segment));
        line(format_args!("next-series {}", self.next_series));
        line(format_args!("first-series {}", self.first_series));
        let floor = u128::from_be_bytes(self.floor.to_bytes());
        line(format_args!("journal-floor {floor:032x}"));
        if let Some(checkpoint) = self.checkpoint {
            line(format_args!("checkpoint {checkpoint}"));
        }
        if let Some(fallback) = self.fallback {
            line(format_args!("fallback {fallback}"));
        }
        for segment in &self.segments {
            line(format_args!("segment {} {}", segment.id, segment.age));
        }
        for id in &self.obsolete {
            line(format_args!("obsolete {id}"));
        }
        for tombstone in &self.tombstones {
            line(format_args!("tombstone {}", tombstone.render()));
        }
        if self.rebuilt {
            text.push_str("rebuilt yes\n");
        }
        let crc = crc32c::crc32c(text.as_bytes());
        writeln!(text, "crc32c {crc:08x}").expect("a String takes everything");
        text
    }

    /// Reads the text; the reason of a refusal as a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let lines = text.strip_suffix('\n').and_then(|text| text.rsplit_once('\n'));
        let Some((body, crc)) = lines else { return Err("no checksum line".into()) };
        let body_len = body.len() + 1;
        let want = format!("crc32c {:08x}", crc32c::crc32c(&text.as_bytes()[..body_len]));
        if crc != want {
            return Err(format!("{crc:?} found, {want:?} expected"));
        }
        let mut lines = body.lines();
        if !lines.next().is_some_and(|head| head == HEAD || head == HEAD_WITHOUT_TOMBSTONES) {
            return Err(UNKNOWN_VERSION.into());
        }
        let mut manifest = Self::default();
        for line in lines {
            manifest.take(line).ok_or_else(|| format!("line {line:?} not understood"))?;
        }
        Ok(manifest)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (key, value) = line.split_once(' ')?;
        match key {
            "next-segment" => self.next_segment = value.parse().ok()?,
            "next-series" => self.next_series = value.parse().ok()?,
            "first-series" => self.first_series = value.parse().ok()?,
            "journal-floor" => {
                let floor = u128::from_str_radix(value, 16).ok()?;
                self.floor = Position::from_bytes(floor.to_be_bytes());
            }
            "checkpoint" => self.checkpoint = Some(value.parse().ok()?),
            "fallback" => self.fallback = Some(value.parse().ok()?),
            "segment" => {
                let (id, age) = value.split_once(' ')?;
                let entry = SegmentEntry { id: id.parse().ok()?, age: age.parse().ok()? };
                self.segments.push(entry);
            }
            "rebuilt" if value == "yes" => self.rebuilt = true,
            "obsolete" => self.obsolete.push(value.parse().ok()?),
            "tombstone" => self.tombstones.push(Tombstone::parse(value)?),
            _ => return None,
        }
        Some(())
    }

    /// Writes the file; afterwards the new state survives a power cut.
    pub(crate) fn store(&self, vfs: &dyn Vfs, path: &Path) -> DbResult<()> {
        let text = self.render();
        assert_eq!(Self::parse(&text).as_ref(), Ok(self), "INV-18: what is written can be read");
        vfs.replace(path, text.as_bytes())
            .map_err(|error| DbError::io("replace manifest", path, error))
    }

    /// Reads the file; `None` when there is none, a corruption error when it is damaged.
    pub(crate) fn load(vfs: &dyn Vfs, path: &Path) -> DbResult<Option<Self>> {
        let io = |error| DbError::io("read manifest", path, error);
        if !vfs.exists(path).map_err(io)? {
            return Ok(None);
        }
        let bytes = vfs.read(path, BYTES_MAX).map_err(io)?;
        let corrupt = |reason: String| {
            let kind = match &*reason {
                UNKNOWN_VERSION => DbErrorKind::WrongFormat,
                _ => DbErrorKind::Corrupt,
            };
            DbError::new(kind, format!("cannot read manifest {}: {reason}", path.display()))
        };
        let text = String::from_utf8(bytes).map_err(|error| corrupt(error.to_string()))?;
        Self::parse(&text).map(Some).map_err(corrupt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_18_a_manifest_comes_back_and_damage_is_seen() {
        let manifest = Manifest {
            next_segment: 43,
            next_series: 9,
            first_series: 4,
            floor: Position { segment: 7, offset: 16 },
            checkpoint: Some(42),
            fallback: Some(38),
            segments: vec![SegmentEntry { id: 41, age: 39 }, SegmentEntry { id: 42, age: 42 }],
            obsolete: vec![39, 40],
            tombstones: vec![Tombstone {
                border: 43,
                range: (-5, 99),
                selectors: vec![vec![model::Matcher::equal("job", "node 1")]],
            }],
            rebuilt: true,
        };
        let text = manifest.render();
        assert_eq!(Manifest::parse(&text).as_ref(), Ok(&manifest));
        assert!(text.contains("\ntombstone 43 -5 99 job=node%201\n"), "{text}");
        for at in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[at] ^= 1;
            let damaged = String::from_utf8_lossy(&damaged).into_owned();
            assert!(Manifest::parse(&damaged).is_err(), "byte {at}");
            assert!(Manifest::parse(&text[..at]).is_err(), "cut at {at}");
        }
        for line in ["news yes", "rebuilt no"] {
            let unknown = format!("{HEAD}\nnext-segment 2\n{line}\n");
            let crc = crc32c::crc32c(unknown.as_bytes());
            let error = Manifest::parse(&format!("{unknown}crc32c {crc:08x}\n")).unwrap_err();
            assert_eq!(error, format!("line \"{line}\" not understood"));
        }
    }
}

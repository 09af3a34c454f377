//! Disks that fail in the middle of a file: what stands before and behind is read.

use super::*;

/// A file whose bytes from `bad.start` to `bad.end` cannot be read; a read that begins before gives
/// what comes before. Every other call is interrupted.
struct BadPlace {
    bytes: Vec<u8>,
    bad: Range<u64>,
    calls: std::sync::atomic::AtomicU64,
}

impl File for BadPlace {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed).is_multiple_of(2) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.bad.contains(&offset) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let stop = if offset < self.bad.start { self.bad.start } else { self.bytes.len() as u64 };
        let from = &self.bytes[index(offset)..index(stop)];
        let count = from.len().min(buffer.len());
        buffer[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<usize> {
        unreachable!("a scan writes nothing")
    }

    fn sync_data(&self) -> io::Result<()> {
        unreachable!("a scan syncs nothing")
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        unreachable!("a scan cuts nothing")
    }
}

#[derive(Default)]
struct Seen {
    records: Vec<u8>,
    damage: Vec<(Range<u64>, DamageReason)>,
}

impl Visitor for Seen {
    fn record(&mut self, _at: Position, payload: &[u8]) -> Result<(), JournalError> {
        self.records.push(payload[0]);
        Ok(())
    }

    fn damage(&mut self, range: Range<u64>, reason: DamageReason) {
        self.damage.push((range, reason));
    }
}

/// Scans ten records of 1000 bytes (frames of 1016) with a bad place between two offsets.
fn scanned(bad: Range<u64>) -> Seen {
    let first = Position { segment: 1, offset: HEADER_LEN };
    let records: Vec<Vec<u8>> = (0..10).map(|n| vec![n; 1000]).collect();
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    let mut bytes = vec![0; index(HEADER_LEN)];
    frame::encode_all(first, &records, &mut bytes);
    let limit = bytes.len() as u64;
    let file = BadPlace { bytes, bad, calls: 0.into() };
    let mut seen = Seen::default();
    scan(&file, 1, limit, &mut seen).unwrap();
    seen
}

#[test]
fn an_interrupted_read_is_repeated() {
    let seen = scanned(0..0);
    assert_eq!((seen.records.len(), seen.damage.len()), (10, 0), "{:?}", seen.damage);
}

#[test]
fn bytes_before_an_unreadable_place_are_good() {
    let seen = scanned(4096..8192);
    assert_eq!(seen.records, [0, 1, 2, 8, 9], "records 3 to 7 reach into the bad place");
    assert_eq!(seen.damage, [(64 + 3 * 1016..64 + 8 * 1016, DamageReason::Unreadable)]);
}

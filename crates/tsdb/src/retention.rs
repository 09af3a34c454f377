//! What may be deleted: by age and by size, whole segments, few at a time.
//! INV-24: a clock alone deletes nothing. Age is measured against the newest data, and data that
//! appears far ahead of everything else (a jump of the clock) counts only when it has lasted a day.

use crate::db::Db;
use crate::error::DbResult;
use crate::flush::DAY_MS;
use crate::options::Retention;
use model::Timestamp;
use std::sync::atomic::Ordering;

/// Segments that one pass may delete because of their age: an operator can still pull the plug.
const EXPIRED_PER_PASS: usize = 2;
/// Segments that one pass may delete because of their size: the disk must not fill up meanwhile.
const OVERSIZE_PER_PASS: usize = 16;

/// First and last timestamp of a segment or of the head.
pub(crate) type Span = (i64, i64);

/// The newest instant that clock and data agree on; `i64::MIN` without data.
///
/// Data falls into islands with gaps of more than a day between them. The last island counts when
/// it is the only one or lasted a day; otherwise the one before it does.
pub(crate) fn agreed_newest(spans: &[Span], now: i64) -> i64 {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    let mut islands: Vec<Span> = Vec::new();
    for (first, last) in sorted {
        match islands.last_mut() {
            Some(island) if first <= island.1.saturating_add(DAY_MS) => {
                island.1 = island.1.max(last);
            }
            _ => islands.push((first, last)),
        }
    }
    let lasted = |island: &&Span| island.1.saturating_sub(island.0) >= DAY_MS;
    let trusted = match islands.as_slice() {
        [only] => Some(only),
        all => all.iter().rev().find(lasted).or(all.first()),
    };
    trusted.map_or(i64::MIN, |island| island.1.min(now))
}

/// A segment as retention sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aged {
    pub(crate) id: u64,
    pub(crate) span: Span,
    pub(crate) bytes: u64,
}

/// Chooses what goes in this pass: expired segments first, then the oldest ones above the size.
pub(crate) fn expired(segments: &[Aged], newest: i64, retention: &Retention) -> Vec<u64> {
    let mut oldest_first = segments.to_vec();
    oldest_first.sort_by_key(|segment| (segment.span.1, segment.id));
    let mut gone: Vec<u64> = Vec::new();
    let horizon = horizon(newest, retention);
    let too_old = oldest_first.iter().filter(|segment| segment.span.1 < horizon);
    gone.extend(too_old.take(EXPIRED_PER_PASS).map(|segment| segment.id));
    let Some(max) = retention.size_bytes else { return gone };
    let mut bytes: u64 = oldest_first.iter().map(|segment| segment.bytes).sum();
    // The newest segment stays whatever its size: an empty database helps nobody.
    let keep = oldest_first.len().saturating_sub(1);
    for segment in &oldest_first[..keep] {
        if bytes <= max || gone.len() >= OVERSIZE_PER_PASS {
            break;
        }
        bytes -= segment.bytes;
        if !gone.contains(&segment.id) {
            gone.push(segment.id);
        }
    }
    gone
}

fn horizon(newest: i64, retention: &Retention) -> i64 {
    let Some(time) = retention.time else { return i64::MIN };
    if newest == i64::MIN {
        return i64::MIN;
    }
    Timestamp::from_ms(newest).saturating_sub(time).ms()
}

impl Db {
    fn data_spans(&self) -> Vec<Span> {
        let state = self.state.read();
        let segments = state.segments.iter().map(|s| (s.summary.first, s.summary.last));
        segments.chain(state.head.span()).collect()
    }

    /// The newest instant that clock and data agree on.
    pub(crate) fn agreed_now(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_ms(agreed_newest(&self.data_spans(), now.ms()))
    }

    /// Samples before retention's horizon are refused: they would be deleted at once.
    pub(crate) fn update_horizon(&self) {
        let newest = self.agreed_now(self.clock.now());
        let horizon = horizon(newest.ms(), &self.options.retention);
        self.horizon_ms.store(horizon, Ordering::Relaxed);
    }

    /// Deletes what retention allows in one pass; gives the number of segments.
    pub fn apply_retention(&self, now: Timestamp) -> DbResult<usize> {
        let _compactor = self.compactor.lock();
        let newest = self.agreed_now(now).ms();
        let segments: Vec<Aged> = self
            .state
            .read()
            .segments
            .iter()
            .map(|s| Aged { id: s.id, span: (s.summary.first, s.summary.last), bytes: s.bytes })
            .collect();
        let gone = expired(&segments, newest, &self.options.retention);
        if gone.is_empty() {
            return Ok(0);
        }
        let outcome = self.remove_segments(&gone);
        match outcome {
            Ok(()) => self.counters.retention_segments.add(gone.len() as u64),
            Err(_) => self.counters.retention_failures.add(1),
        }
        outcome.map(|()| gone.len())
    }

    fn remove_segments(&self, gone: &[u64]) -> DbResult<()> {
        let mut maintenance = self.maintenance.lock();
        let mut manifest = maintenance.manifest.clone();
        manifest.segments.retain(|entry| !gone.contains(&entry.id));
        manifest.obsolete.extend(gone);
        self.register(&mut maintenance, manifest)?;
        self.publish(&maintenance, None);
        self.note_change(i64::MIN);
        self.remove_obsolete(&mut maintenance);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: i64 = 1_700_000_000_000;
    const YEAR: i64 = 365 * DAY_MS;

    fn month() -> Vec<Span> {
        (0..40).map(|day| (NOW - (day + 1) * DAY_MS, NOW - day * DAY_MS - 1)).collect()
    }

    fn aged(spans: &[Span]) -> Vec<Aged> {
        (1..).zip(spans).map(|(id, span)| Aged { id, span: *span, bytes: 100 }).collect()
    }

    fn days(days: u64) -> Retention {
        Retention { time: Some(Duration::from_secs(days * 86_400)), size_bytes: None }
    }

    fn count(spans: &[Span], now: i64) -> usize {
        expired(&aged(spans), agreed_newest(spans, now), &days(30)).len()
    }

    #[test]
    fn old_segments_go_a_few_at_a_time() {
        assert_eq!(count(&month(), NOW), EXPIRED_PER_PASS);
        assert_eq!(count(&month()[..30], NOW), 0);
    }

    #[test]
    fn inv_24_a_clock_ahead_deletes_nothing() {
        for jump in [3_600_000, DAY_MS, 20 * DAY_MS, YEAR, 10 * YEAR] {
            assert_eq!(count(&month()[..30], NOW + jump), 0, "clock {jump} ms ahead");
        }
        assert_eq!(count(&month(), NOW - 10 * YEAR), 0, "clock behind");
    }

    #[test]
    fn inv_24_data_ahead_must_last_a_day() {
        for jump in [2 * DAY_MS, YEAR, 10 * YEAR] {
            let mut spans = month()[..30].to_vec();
            spans.push((NOW + jump, NOW + jump + DAY_MS / 2));
            assert_eq!(count(&spans, NOW + jump + DAY_MS), 0, "{jump}");
            spans.push((NOW + jump + DAY_MS / 2, NOW + jump + DAY_MS));
            let gone = count(&spans, NOW + jump + 2 * DAY_MS);
            assert_eq!(gone, EXPIRED_PER_PASS, "a machine that was off really has old data");
        }
    }

    #[test]
    fn the_oldest_go_when_the_size_is_exceeded_but_never_all() {
        let spans = month();
        let retention = Retention { time: None, size_bytes: Some(3500) };
        let gone = expired(&aged(&spans), NOW, &retention);
        assert_eq!(gone, [40, 39, 38, 37, 36]);
        let retention = Retention { time: None, size_bytes: Some(1) };
        assert_eq!(expired(&aged(&spans[..2]), NOW, &retention), [2]);
        assert_eq!(expired(&[], NOW, &retention), Vec::<u64>::new());
    }

    #[test]
    fn one_pass_removes_few_segments_and_names_each_once() {
        let retention = Retention { size_bytes: Some(1), ..days(30) };
        let gone = expired(&aged(&month()), NOW, &retention);
        let distinct: std::collections::BTreeSet<&u64> = gone.iter().collect();
        assert_eq!((gone.len(), distinct.len()), (OVERSIZE_PER_PASS, OVERSIZE_PER_PASS));
    }

    #[test]
    fn without_data_there_is_no_horizon() {
        assert_eq!(agreed_newest(&[], NOW), i64::MIN);
        assert_eq!(horizon(i64::MIN, &days(30)), i64::MIN);
        assert_eq!(horizon(i64::MAX, &Retention { time: None, size_bytes: None }), i64::MIN);
    }
}

//! What depends on timestamps alone, found once for all series that share them.
//! Series of one target follow each other only now and then in the order of labels, so several
//! timelines are remembered at a time.

use crate::column::Steps;
use model::TimelineId;
use std::collections::HashMap;

/// Steps of all entries together: a few MiB.
const STEPS_KEPT: usize = 1 << 16;

/// Names timestamps: equal names, equal timestamps.
pub(crate) type Timeline = (TimelineId, usize);

/// Entries by timeline.
#[derive(Debug)]
pub(crate) struct ByTimeline<T> {
    known: HashMap<Timeline, usize, foldhash::fast::FixedState>,
    entries: Vec<T>,
    /// The entry of a series that shares its timestamps with nobody.
    single: Option<T>,
    entries_max: usize,
    /// Most entries there ever were.
    peak: usize,
}

/// What was found.
pub(crate) struct Found<'a, T> {
    pub entry: &'a mut T,
    /// A series before had the same timestamps.
    pub is_shared: bool,
    /// There are more entries than ever before.
    pub is_more: bool,
}

impl<T> ByTimeline<T> {
    /// Remembers entries of so many steps each.
    pub(crate) fn new(steps: Steps) -> Self {
        let entries_max = (STEPS_KEPT / steps.count.max(1)).max(1);
        Self { known: HashMap::default(), entries: Vec::new(), single: None, entries_max, peak: 0 }
    }

    /// The entry of these timestamps; `make` makes one that is not known.
    pub(crate) fn of(
        &mut self,
        timeline: Option<Timeline>,
        make: impl FnOnce() -> T,
    ) -> Found<'_, T> {
        let Some(timeline) = timeline else {
            let entry = self.single.insert(make());
            return Found { entry, is_shared: false, is_more: false };
        };
        if let Some(at) = self.known.get(&timeline) {
            return Found { entry: &mut self.entries[*at], is_shared: true, is_more: false };
        }
        if self.entries.len() >= self.entries_max {
            self.entries.clear();
            self.known.clear();
        }
        let at = self.entries.len();
        self.known.insert(timeline, at);
        self.entries.push(make());
        let is_more = self.entries.len() > self.peak;
        self.peak = self.peak.max(self.entries.len());
        Found { entry: &mut self.entries[at], is_shared: false, is_more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(count: usize) -> Steps {
        Steps { start: 0, step: 1, count }
    }

    #[test]
    fn an_entry_is_made_once_per_timeline() {
        let mut entries = ByTimeline::new(steps(10));
        let mut of = |timeline: Option<(u64, usize)>, value: u32| {
            let found = entries.of(timeline.map(|(id, len)| (TimelineId(id), len)), || value);
            (*found.entry, found.is_shared, found.is_more)
        };
        assert_eq!(of(Some((1, 5)), 10), (10, false, true));
        assert_eq!(of(Some((2, 5)), 20), (20, false, true));
        assert_eq!(of(Some((1, 5)), 30), (10, true, false));
        assert_eq!(of(Some((1, 6)), 40), (40, false, true), "another number of samples");
        assert_eq!(of(None, 50), (50, false, false));
        assert_eq!(of(None, 60), (60, false, false), "shared with nobody");
        assert_eq!(of(Some((2, 5)), 70), (20, true, false));
    }

    #[test]
    fn as_many_are_remembered_as_steps_allow() {
        for (count, entries_max) in [(STEPS_KEPT / 4, 4), (10 * STEPS_KEPT, 1), (0, STEPS_KEPT)] {
            let mut entries = ByTimeline::new(steps(count));
            assert_eq!(entries.entries_max, entries_max);
            for id in 0..9 {
                let found = entries.of(Some((TimelineId(id), 1)), || id);
                assert_eq!((*found.entry, found.is_more), (id, id < entries_max as u64));
                assert!(entries.entries.len() <= entries_max);
            }
        }
    }
}

//! Memory that all questions share: what one holds, the others cannot have.
//! A question reserves what it holds and returns it when its answer is gone. Large ones leave an
//! eighth to small ones, so that few large ones do not stop all others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Questions that hold no more than this are small.
const SMALL_BYTES: usize = 4 << 20;
/// Part of the budget that is for small questions alone.
const SMALL_SHARE: usize = 8;

/// A number of bytes for all questions together; clones share it.
#[derive(Clone, Debug)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    bytes_max: usize,
    reserved: AtomicUsize,
}

impl Default for Budget {
    /// Without a bound.
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}

impl Budget {
    /// So many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { shared: Arc::new(Shared { bytes_max, reserved: AtomicUsize::new(0) }) }
    }

    /// Bytes there are in all.
    pub fn bytes_max(&self) -> usize {
        self.shared.bytes_max
    }

    /// Bytes that are reserved now.
    pub fn reserved(&self) -> usize {
        self.shared.reserved.load(Ordering::Relaxed)
    }

    /// A reservation of nothing, which can grow.
    pub fn begin(&self) -> Reservation {
        Reservation { budget: self.clone(), bytes: AtomicUsize::new(0) }
    }
}

/// Bytes taken from a budget; returned when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: AtomicUsize,
}

impl Reservation {
    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes more; false, and nothing taken, when the budget has no room.
    #[must_use]
    pub fn grow(&self, bytes: usize) -> bool {
        let Shared { bytes_max, reserved } = &*self.budget.shared;
        let small = self.bytes().saturating_add(bytes) <= SMALL_BYTES;
        let most = if small { *bytes_max } else { bytes_max - bytes_max / SMALL_SHARE };
        let add = |now: usize| now.checked_add(bytes).filter(|sum| *sum <= most);
        let took = reserved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        if took {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        took
    }

    /// Gives back all but so many bytes.
    pub fn shrink_to(&self, bytes: usize) {
        let before = self.bytes.fetch_min(bytes, Ordering::Relaxed);
        self.budget.shared.reserved.fetch_sub(before.saturating_sub(bytes), Ordering::Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_holds_the_others_cannot_have() {
        let budget = Budget::new(100);
        let (a, b) = (budget.begin(), budget.begin());
        assert!(a.grow(60) && !b.grow(41) && b.grow(40));
        assert_eq!((a.bytes(), b.bytes(), budget.reserved()), (60, 40, 100));
        assert!(!a.grow(1) && !a.grow(usize::MAX));
        a.shrink_to(10);
        a.shrink_to(50);
        assert_eq!((a.bytes(), budget.reserved()), (10, 50));
        drop(b);
        assert_eq!(budget.reserved(), 10);
        drop(a);
        assert_eq!(budget.reserved(), 0);
    }

    #[test]
    fn large_ones_leave_an_eighth_to_small_ones() {
        let budget = Budget::new(8 * SMALL_BYTES);
        let (large, small) = (budget.begin(), budget.begin());
        assert!(large.grow(7 * SMALL_BYTES) && !large.grow(1));
        assert!(small.grow(SMALL_BYTES) && !small.grow(1));
        assert_eq!(budget.reserved(), budget.bytes_max());
    }
}

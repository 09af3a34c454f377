//! Threads that may help queries with very many series: one number for all queries together.
//! A query takes what is free when it begins to read and never waits: with none left it goes on
//! alone, with the same answer. Helpers end with the selection they were taken for.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many threads may help all queries that share this; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Helpers {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    most: usize,
    busy: AtomicUsize,
}

impl Helpers {
    /// At most so many at a time; 0: every query goes alone.
    pub fn new(most: usize) -> Self {
        Self { shared: Arc::new(Shared { most, busy: AtomicUsize::new(0) }) }
    }

    /// All cores but one: that is for the thread of a query itself.
    pub fn of_cores() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, NonZeroUsize::get) - 1)
    }

    /// At most so many at a time.
    pub fn most(&self) -> usize {
        self.shared.most
    }

    /// How many there are now.
    pub fn busy(&self) -> usize {
        self.shared.busy.load(Ordering::Relaxed)
    }

    /// As many as are free, at most `wanted`.
    pub(crate) fn take(&self, wanted: usize) -> Vec<Permit> {
        std::iter::from_fn(|| self.take_one()).take(wanted).collect()
    }

    fn take_one(&self) -> Option<Permit> {
        let Shared { most, busy } = &*self.shared;
        let add = |now: usize| (now < *most).then_some(now + 1);
        busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        Some(Permit(Arc::clone(&self.shared)))
    }
}

/// Stands for one thread; the next query may have it when this is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Shared>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_queries_share_one_number() {
        let helpers = Helpers::new(3);
        let other = helpers.clone();
        let first = helpers.take(2);
        assert_eq!((first.len(), other.busy(), other.most()), (2, 2, 3));
        let second = other.take(9);
        assert_eq!((second.len(), helpers.busy()), (1, 3));
        assert!(helpers.take(1).is_empty(), "none is free: the query goes alone");
        drop(first);
        assert_eq!(helpers.busy(), 1);
        assert_eq!(other.take(9).len(), 2);
        drop(second);
        assert_eq!(helpers.busy(), 0);
        assert!(Helpers::default().take(1).is_empty());
    }
}

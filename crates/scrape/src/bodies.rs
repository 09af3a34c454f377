//! Buffers for pages, lent to one scrape at a time. The one that was given back last is lent first:
//! it is still in the processor's cache, and thousands of targets need as many buffers as answer at
//! once.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most buffers that wait to be lent.
const IDLE_MAX: usize = 16;
/// Larger buffers are not kept: 1 MiB.
pub(crate) const KEPT_BYTES_MAX: usize = 1 << 20;

/// Buffers that nobody uses.
#[derive(Debug, Default)]
pub(crate) struct Bodies(Mutex<Vec<Vec<u8>>>);

impl Bodies {
    /// An empty buffer.
    pub(crate) fn lend(&self) -> Vec<u8> {
        self.idle().pop().unwrap_or_default()
    }

    /// Takes a buffer back, whatever is in it.
    pub(crate) fn take_back(&self, mut body: Vec<u8>) {
        body.clear();
        let mut idle = self.idle();
        if body.capacity() <= KEPT_BYTES_MAX && idle.len() < IDLE_MAX {
            idle.push(body);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bodies, IDLE_MAX, KEPT_BYTES_MAX};

    #[test]
    fn the_buffer_that_came_last_is_lent_first() {
        let bodies = Bodies::default();
        assert_eq!(bodies.lend().capacity(), 0);
        for bytes in [100, 200] {
            bodies.take_back(vec![1; bytes]);
        }
        let (first, second) = (bodies.lend(), bodies.lend());
        assert!(first.is_empty() && second.is_empty());
        assert!(first.capacity() >= 200 && (100..200).contains(&second.capacity()));
        assert_eq!(bodies.lend().capacity(), 0);
    }

    #[test]
    fn few_and_small_buffers_stay() {
        let bodies = Bodies::default();
        bodies.take_back(Vec::with_capacity(KEPT_BYTES_MAX + 1));
        assert_eq!(bodies.idle().len(), 0);
        (0..2 * IDLE_MAX).for_each(|_| bodies.take_back(Vec::with_capacity(10)));
        assert_eq!(bodies.idle().len(), IDLE_MAX);
    }
}

//! Counts what a thread allocates, so that bombs can be shown to stay small. A test binary that
//! measures says `#[global_allocator] static COUNTING: testkit::Counting = testkit::Counting;`.

#![expect(unsafe_code, reason = "a global allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator with two counters per thread.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

// SAFETY: every call is passed to the system's allocator unchanged; the counters are thread-local
// cells without destructors, which never allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.get().wrapping_add(layout.size());
        LIVE.set(live);
        PEAK.set(PEAK.get().max(live));
        // SAFETY: the caller's promise about `layout` is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get().saturating_sub(layout.size()));
        // SAFETY: the caller's promise about `pointer` and `layout` is handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Most bytes that were live on this thread during `work`, above what was live before; 0 when the
/// binary's allocator is not [`Counting`].
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    PEAK.set(before);
    let result = work();
    (result, PEAK.get() - before)
}

//! Freed memory goes back to the system after bursts: a flush frees what a window of samples took.
//! The allocator does so by itself only while somebody allocates, so an idle server would keep it:
//! 100,800 series at 15 s held 236 MiB after a flush, of which 119 were in use (decision 18).
//! A block that another thread frees goes back only through the thread that took it, so every
//! worker of a runtime takes part before it sleeps: without them a flush on a server that idles
//! then gave nothing back (155 MiB after the flush, of which 95 were in use).

use std::cell::Cell;
use std::ffi::{c_int, c_long, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;

/// `mi_option_purge_delay` in mimalloc.h.
const PURGE_DELAY: c_int = 15;
/// Freed memory waits so long to be used again; mimalloc's own second keeps more than it saves.
const PURGE_DELAY_MS: c_long = 100;

/// Rounds of giving back so far.
static ROUND: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The last round in which this thread took part.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// Has freed memory given back soon, unless `MIMALLOC_PURGE_DELAY` says when.
pub(crate) fn give_back_soon() {
    mi_option_set_default(PURGE_DELAY, PURGE_DELAY_MS);
}

/// After the start: gives back what reading files and building everything has left, and lets go of
/// the pages of code and constants. What goes on being used comes back from the page cache, page by
/// page; what only the start needed does not.
pub(crate) fn forget_the_start() {
    give_back();
    #[cfg(target_os = "linux")]
    let_go_of_code();
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "nobody else knows where the code of this program lies")]
fn let_go_of_code() {
    /// Of any architecture; smaller pages are fine, too.
    const PAGE_BYTES_MOST: usize = 64 << 10;
    /// From Linux' `mman-common.h`.
    const MADV_DONTNEED: c_int = 4;
    // The linker's: where the program begins in memory, and where its code ends. In between lies
    // only what was mapped from its file and is never written; what is relocated comes later.
    unsafe extern "C" {
        static __executable_start: u8;
        static etext: u8;
        fn madvise(address: *mut c_void, bytes: usize, advice: c_int) -> c_int;
    }
    let begin = (&raw const __executable_start).addr().next_multiple_of(PAGE_BYTES_MOST);
    let end = (&raw const etext).addr() / PAGE_BYTES_MOST * PAGE_BYTES_MOST;
    let Some(bytes) = end.checked_sub(begin).filter(|bytes| *bytes > 0) else { return };
    let begin = std::ptr::without_provenance_mut(begin);
    // SAFETY: the range holds clean private pages of a file alone, so that each has the same
    // content when it is looked at again. A failure leaves all as it is.
    let result = unsafe { madvise(begin, bytes, MADV_DONTNEED) };
    tracing::debug!(bytes, result, "pages of the start were given back");
}

/// Gives free pages back, on this thread now and on the workers of its runtime soon. Takes below a
/// millisecond where there is nothing to give.
pub(crate) fn give_back() {
    ROUND.fetch_add(1, Ordering::Relaxed);
    take_part();
    if let Ok(runtime) = Handle::try_current() {
        // What they find to do wakes them.
        (0..runtime.metrics().num_workers()).for_each(|_| drop(runtime.spawn(async {})));
    }
}

/// Takes part in the latest round, once. For threads that are about to sleep.
pub(crate) fn take_part() {
    let round = ROUND.load(Ordering::Relaxed);
    if TAKEN.replace(round) != round {
        mi_collect(true);
    }
}

#[expect(unsafe_code, reason = "the allocator's crate has no safe binding without more features")]
// SAFETY: `void mi_collect(bool force)` of mimalloc.h, which the global allocator links; any thread
// may call it at any time.
unsafe extern "C" {
    safe fn mi_collect(force: bool);
    // `void mi_option_set_default(mi_option_t option, long value)`; other options are not known to
    // it and ignored.
    safe fn mi_option_set_default(option: c_int, value: c_long);
    #[cfg(test)]
    safe fn mi_option_get(option: c_int) -> c_long;
}

#[cfg(test)]
mod tests {
    /// A later mimalloc may number its options otherwise: then the default is not its second.
    #[test]
    fn freed_memory_waits_a_tenth_of_what_mimalloc_has() {
        if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
            assert_eq!(super::mi_option_get(super::PURGE_DELAY), 1000);
            super::give_back_soon();
            assert_eq!(super::mi_option_get(super::PURGE_DELAY), super::PURGE_DELAY_MS);
        }
    }

    /// Code, constants and blocks in use are as they were.
    #[test]
    fn what_is_used_survives_the_end_of_the_start() {
        let kept: Vec<String> = (0..999).map(|n: i32| format!("{n:x}")).collect();
        super::forget_the_start();
        assert!(kept.iter().zip(0..).all(|(text, n)| *text == format!("{n:x}")));
        assert_eq!(crate::version::line().split(' ').next(), Some("flyball"));
    }

    /// Blocks of another thread that are in use stay as they are.
    #[test]
    fn memory_in_use_survives() {
        let kept: Vec<Vec<usize>> =
            std::thread::spawn(|| (1..2000).map(|n| vec![n % 251; n * 7 % 9000]).collect())
                .join()
                .unwrap();
        drop(vec![1_usize; 8 << 20]);
        super::give_back();
        super::take_part();
        assert!((1..).zip(&kept).all(|(n, block)| *block == vec![n % 251; n * 7 % 9000]));
    }
}

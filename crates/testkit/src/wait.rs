//! Waiting for a condition with a deadline, instead of sleeping and hoping.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that should happen soon.
pub const DEADLINE: Duration = Duration::from_mins(1);

const POLL: Duration = Duration::from_millis(20);

/// Asks again and again until the answer is there.
///
/// # Panics
/// When [`DEADLINE`] passes first; `what` says what was waited for.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for {what}");
        thread::sleep(POLL);
    }
}

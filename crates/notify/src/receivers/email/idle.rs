//! Sessions that have submitted a message and may submit another one soon: a hundred groups that
//! are due at once do not log in a hundred times.
//! As many as messages may be under way at once, each for a few seconds; then they say goodbye.

use super::smtp::Opened;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a session waits for another message; servers wait for minutes (RFC 5321, 4.5.3.2.7).
const IDLE_MAX: Duration = Duration::from_secs(10);

/// How long a server may take to say that it still listens.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Sessions by the order in which they began to wait, each with its number.
type Waiting = Vec<(u64, Opened)>;

#[derive(Default)]
pub(super) struct IdleSessions {
    waiting: Arc<Mutex<Waiting>>,
    numbers: AtomicU64,
}

impl IdleSessions {
    /// The session that waits for the shortest time and whose server still listens.
    pub(super) async fn take(&self) -> Option<Opened> {
        loop {
            let (_, mut session) = lock(&self.waiting).pop()?;
            let answer = tokio::time::timeout(ANSWER_MAX, session.is_alive()).await;
            if answer.is_ok_and(|is_alive| is_alive) {
                return Some(session);
            }
        }
    }

    /// Lets a session wait.
    pub(super) fn put(&self, session: Opened) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        lock(&self.waiting).push((number, session));
        let waiting = Arc::clone(&self.waiting);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE_MAX).await;
            let left = lock(&waiting).extract_if(.., |(found, _)| *found == number).next();
            if let Some((_, session)) = left {
                // What the server says to that is of no interest.
                drop(tokio::time::timeout(ANSWER_MAX, session.quit()).await);
            }
        });
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Tasks that outlive their mistakes: a panic ends one run of one part, is counted and logged, and
//! the part starts again after a back-off. Everything stops when the stop signal is given.
//! INV-60: a panic in one part stops no other part.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

const BACK_OFF_FIRST: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// A run that lasted this long was healthy: the next back-off begins anew.
const HEALTHY_AFTER: Duration = Duration::from_mins(1);

/// Tells a task that it is time to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Resolves when it is time to stop.
    pub(crate) async fn wait(&mut self) {
        // A vanished supervisor is a reason to stop, too.
        drop(self.0.wait_for(|stopped| *stopped).await);
    }

    /// Is it time to stop?
    pub(crate) fn is_given(&self) -> bool {
        *self.0.borrow()
    }
}

/// Panics of each part since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct PanicCounts(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl PanicCounts {
    /// Parts with their number of panics, zero included.
    pub(crate) fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, part: &'static str, by: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(part).or_default() += by;
    }
}

/// Owns the running parts.
#[derive(Debug)]
pub(crate) struct Supervisor {
    stop: watch::Sender<bool>,
    parts: JoinSet<&'static str>,
    panics: PanicCounts,
}

impl Supervisor {
    pub(crate) fn new() -> Self {
        Self {
            stop: watch::Sender::new(false),
            parts: JoinSet::new(),
            panics: PanicCounts::default(),
        }
    }

    /// The stop signal, for tasks that are not parts.
    pub(crate) fn stop_signal(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    /// Counters, to be rendered.
    pub(crate) fn panic_counts(&self) -> PanicCounts {
        self.panics.clone()
    }

    /// Starts a part; `run` is called again after each panic. A part that returns is finished.
    pub(crate) fn start<F, R>(&mut self, part: &'static str, mut run: F)
    where
        F: FnMut(Stop) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.panics.note(part, 0);
        let (panics, mut stop) = (self.panics.clone(), self.stop_signal());
        self.parts.spawn(async move {
            let mut back_off = BACK_OFF_FIRST;
            while !stop.is_given() {
                let began = Instant::now();
                let Err(error) = tokio::spawn(run(stop.clone())).await else { break };
                panics.note(part, 1);
                if began.elapsed() >= HEALTHY_AFTER {
                    back_off = BACK_OFF_FIRST;
                }
                tracing::error!(part, %error, restart_in = ?back_off, "part panicked, restarting");
                tokio::select! {
                    () = tokio::time::sleep(back_off) => {}
                    () = stop.wait() => {}
                }
                back_off = (back_off * 2).min(BACK_OFF_MAX);
            }
            part
        });
    }

    /// Gives the stop signal and waits for all parts; names those that did not end in time.
    pub(crate) async fn stop(mut self, deadline: Duration) -> Vec<String> {
        self.stop.send_replace(true);
        let drained = async { while self.parts.join_next().await.is_some() {} };
        if tokio::time::timeout(deadline, drained).await.is_ok() {
            return Vec::new();
        }
        let left = self.parts.len();
        self.parts.abort_all();
        vec![format!("{left} parts did not stop within {deadline:?}")]
    }
}

#[cfg(test)]
mod tests;

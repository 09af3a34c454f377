//! Asks mounts for their space without ever waiting for a dead one twice.
//! One thread asks all mounts in turn (one hand-over a second); a mount that does not answer in
//! time keeps that thread, is left alone until it answers, and a fresh thread asks the rest. At
//! most [`STUCK_MAX`] threads are held that way; mounts beyond are not asked until one returns.

use crate::{FilesystemSpace, Host};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

/// Threads that dead mounts may hold; each costs a kernel stack and 128 KiB of address space.
pub(crate) const STUCK_MAX: usize = 4;

const STACK_BYTES: usize = 128 * 1024;

/// What became of one question.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The filesystem's space.
    Space(FilesystemSpace),
    /// statfs failed.
    Failed(io::Error),
    /// The mount did not answer in time, now or earlier, and has not answered since.
    Stuck,
    /// Not asked: too many dead mounts, or no thread could be made.
    NotAsked,
}

/// Asks mounts, and remembers those that hang.
pub(crate) struct Statfs {
    host: Arc<dyn Host>,
    timeout: Duration,
    worker: Option<Worker>,
    stuck: Vec<StuckMount>,
}

struct StuckMount {
    path: PathBuf,
    answer: Receiver<io::Result<FilesystemSpace>>,
}

struct Worker {
    questions: SyncSender<PathBuf>,
    answers: Receiver<io::Result<FilesystemSpace>>,
}

impl Statfs {
    /// A questioner that gives each mount `timeout` to answer.
    pub(crate) fn new(host: Arc<dyn Host>, timeout: Duration) -> Self {
        Self { host, timeout, worker: None, stuck: Vec::new() }
    }

    /// Asks every path in turn.
    pub(crate) fn ask(&mut self, paths: &[PathBuf]) -> Vec<Answer> {
        // A disconnected thread has answered or died: either way it holds nothing any more.
        self.stuck.retain(|mount| matches!(mount.answer.try_recv(), Err(TryRecvError::Empty)));
        paths.iter().map(|path| self.ask_one(path)).collect()
    }

    fn ask_one(&mut self, path: &PathBuf) -> Answer {
        if self.stuck.iter().any(|mount| mount.path == *path) {
            return Answer::Stuck;
        }
        if self.stuck.len() >= STUCK_MAX {
            return Answer::NotAsked;
        }
        let Some(worker) = self.worker.take().or_else(|| Worker::start(&self.host)) else {
            return Answer::NotAsked;
        };
        if worker.questions.send(path.clone()).is_err() {
            return Answer::NotAsked;
        }
        match worker.answers.recv_timeout(self.timeout) {
            Ok(answer) => {
                self.worker = Some(worker);
                answer.map_or_else(Answer::Failed, Answer::Space)
            }
            Err(RecvTimeoutError::Timeout) => {
                // Dropping the question's sender ends the thread as soon as the mount answers.
                self.stuck.push(StuckMount { path: path.clone(), answer: worker.answers });
                Answer::Stuck
            }
            Err(RecvTimeoutError::Disconnected) => Answer::NotAsked,
        }
    }
}

impl Worker {
    fn start(host: &Arc<dyn Host>) -> Option<Self> {
        let (questions, inbox) = sync_channel::<PathBuf>(1);
        let (outbox, answers) = sync_channel(1);
        let host = Arc::clone(host);
        let ask = move || {
            for path in inbox {
                if outbox.send(host.filesystem_space(&path)).is_err() {
                    return;
                }
            }
        };
        // Detached on purpose: a thread inside a dead mount cannot be joined; it ends by itself.
        thread::Builder::new().name("statfs".into()).stack_size(STACK_BYTES).spawn(ask).ok()?;
        Some(Self { questions, answers })
    }
}

#[cfg(test)]
mod tests;

//! The file of `global.query_log_file`: lines go to a thread that writes them.
//! Queries never wait for it: what does not fit into the queue, or onto the disk, is dropped and
//! counted. Opened again at every reload, so that files can be rotated.

use api::QueryLog;
use exposition::Family;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines that wait for the disk.
const LINES_MAX: usize = 4096;
/// Bytes of the lines that wait for the disk.
const BYTES_MAX: usize = 4 << 20;
/// How long the lines that wait may take to reach the disk when the file is closed.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// What is known about all query logs since the start.
#[derive(Debug, Default)]
pub(crate) struct QueryLogCounts {
    enabled: AtomicBool,
    failures: AtomicU64,
}

impl QueryLogCounts {
    /// `flyball_query_log_...`.
    pub(crate) fn families(&self) -> Vec<Family> {
        let enabled = f64::from(u8::from(self.enabled.load(Ordering::Relaxed)));
        let failures = self.failures.load(Ordering::Relaxed) as f64;
        vec![
            Family::gauge("flyball_query_log_enabled", "Whether queries are logged to a file.")
                .with(enabled),
            Family::counter(
                "flyball_query_log_failures_total",
                "Lines that did not reach the query log: the disk failed or was too slow.",
            )
            .with(failures),
        ]
    }

    /// Notes whether a file is in use.
    pub(crate) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    fn fail(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}

/// An open file and its thread.
#[derive(Debug)]
pub(crate) struct QueryLogFile {
    /// Empty only while it is dropped.
    lines: Option<SyncSender<String>>,
    waiting_bytes: Arc<AtomicUsize>,
    counts: Arc<QueryLogCounts>,
    ended: Mutex<Receiver<()>>,
}

impl QueryLogFile {
    /// Opens a file to append to, and starts its thread.
    pub(crate) fn open(path: &Path, counts: &Arc<QueryLogCounts>) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let (lines, inbox) = sync_channel(LINES_MAX);
        let (end, ended) = sync_channel(1);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let mut writer = Writer { file, torn: false, failing: false };
        let (waiting, counted) = (Arc::clone(&waiting_bytes), Arc::clone(counts));
        thread::Builder::new().name("query-log".into()).spawn(move || {
            while let Ok(line) = inbox.recv() {
                waiting.fetch_sub(String::len(&line), Ordering::Relaxed);
                writer.append(line, &counted);
            }
            // Fails when nobody waits any more.
            end.send(()).unwrap_or_default();
        })?;
        Ok(Self {
            lines: Some(lines),
            waiting_bytes,
            counts: Arc::clone(counts),
            ended: Mutex::new(ended),
        })
    }
}

impl QueryLog for QueryLogFile {
    fn write(&self, line: String) {
        let bytes = line.len();
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let fits = waiting.saturating_add(bytes) <= BYTES_MAX;
        let sent = self.lines.as_ref().filter(|_| fits).map(|lines| lines.try_send(line));
        if !matches!(sent, Some(Ok(()))) {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.counts.fail();
        }
    }
}

/// Lets the thread write what waits, within [`CLOSE_MAX`]; a dead disk keeps nobody longer.
impl Drop for QueryLogFile {
    fn drop(&mut self) {
        self.lines = None;
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(CLOSE_MAX).is_err() {
            tracing::warn!("the query log takes its last lines too slowly");
        }
    }
}

struct Writer {
    file: File,
    /// A part of a line was written last.
    torn: bool,
    /// The last line failed: said once, not at every line.
    failing: bool,
}

impl Writer {
    fn append(&mut self, mut line: String, counts: &QueryLogCounts) {
        line.push('\n');
        if self.torn {
            line.insert(0, '\n');
        }
        let written = self.file.write_all(line.as_bytes());
        self.torn = written.is_err();
        match written {
            Ok(()) => self.failing = false,
            Err(error) => {
                counts.fail();
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, "cannot write the query log, lines are dropped");
                }
            }
        }
    }
}

//! Processes and threads by state, against the kernel's limits.

use super::round::{Round, attribute};
use crate::Error;
use crate::text;
use model::Labels;
use std::collections::BTreeMap;

const STATE: &str = "Number of processes in each state.";
const THREADS: &str = "Allocated threads in system";
const THREADS_STATE: &str = "Number of threads in each state.";
const THREADS_MAX: &str = "Limit of threads in the system";
const PIDS: &str = "Number of PIDs";
const PIDS_MAX: &str = "Number of max PIDs limit";

/// State and number of threads of a `stat` file. The name between parentheses may hold anything.
pub(super) fn parse(content: &[u8]) -> Result<(char, u64), Error> {
    let what = "`pid (name) state ... threads`";
    let end = content.iter().rposition(|byte| *byte == b')');
    let rest = end.map(|end| &content[end + 1..]).ok_or_else(|| Error::parse(1, what, content))?;
    let state = text::nth(rest, 0, 1, what)?;
    let threads = text::uint(text::nth(rest, 17, 1, what)?, 1)?;
    Ok((state.first().copied().map_or('?', char::from), threads))
}

#[derive(Default)]
struct Counts {
    processes: u64,
    threads: u64,
    states: BTreeMap<char, u64>,
    thread_states: BTreeMap<char, u64>,
}

fn count(round: &mut Round<'_>) -> Result<Counts, Error> {
    let proc = round.roots.proc.clone();
    let mut counts = Counts::default();
    for pid in round.names(&proc)? {
        if text::decimal(pid.as_bytes()).is_none() {
            continue;
        }
        // Processes end while they are counted.
        let path = proc.join(&pid).join("stat");
        let Some(content) = attribute(round.host, &path, round.buffer) else { continue };
        let (state, threads) = parse(content).map_err(|error| error.at(&path))?;
        counts.processes += 1;
        counts.threads += threads;
        *counts.states.entry(state).or_default() += 1;
        let tasks = proc.join(&pid).join("task");
        for thread in round.host.list(&tasks).unwrap_or_default() {
            let path = tasks.join(thread).join("stat");
            let content = attribute(round.host, &path, round.buffer);
            if let Some(Ok((state, _))) = content.map(parse) {
                *counts.thread_states.entry(state).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let counts = count(round)?;
    let limit = |round: &mut Round<'_>, file: &str| {
        let path = round.roots.proc.join("sys/kernel").join(file);
        round.parsed(&path, |content| text::uint(content.trim_ascii(), 1))
    };
    let (threads_max, pids_max) = (limit(round, "threads-max")?, limit(round, "pid_max")?);
    for (name, help, value) in [
        ("node_processes_threads", THREADS, counts.threads),
        ("node_processes_max_threads", THREADS_MAX, threads_max),
        ("node_processes_pids", PIDS, counts.processes),
        ("node_processes_max_processes", PIDS_MAX, pids_max),
    ] {
        round.gauge(name, help, &Labels::empty(), value as f64);
    }
    for (state, count) in counts.states {
        let labels = Labels::from_pairs([("state", state.to_string())]);
        round.gauge("node_processes_state", STATE, &labels, count as f64);
    }
    for (state, count) in counts.thread_states {
        let labels = Labels::from_pairs([("thread_state", state.to_string())]);
        round.gauge("node_processes_threads_state", THREADS_STATE, &labels, count as f64);
    }
    Ok(())
}

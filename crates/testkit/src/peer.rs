//! Real programs beside ours: found on the PATH, started with their output kept, killed on drop
//! with all that they started.

use rustix::process::{Pid, Signal, kill_process};
use std::env;
use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Finds a program on the PATH or in the usual system folders.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(PathBuf::from);
    env::split_paths(&path).chain(usual).map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// A port of the loopback address that was free a moment ago, for programs that cannot bind port 0.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback address has free ports");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    log: PathBuf,
}

impl Peer {
    /// Starts a command with both outputs appended to the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()?;
        Ok(Self { child, log: log.into() })
    }

    /// Process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    }

    /// Its end, if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends SIGKILL to it and to all processes below it, and waits for its own end.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            let below = stop_family(self.id());
            for id in below {
                send(id, Signal::KILL);
            }
        }
        // Already dead is as good as killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Stops a process and all below it, so that none of them starts another one; gives those below.
///
/// They are looked up instead of put into a process group of their own: who interrupts the tests
/// means the programs beside them as well.
fn stop_family(id: u32) -> Vec<u32> {
    send(id, Signal::STOP);
    let mut below = Vec::new();
    loop {
        let parents = parents();
        let is_child = |parent: u32| parent == id || below.contains(&parent);
        let found: Vec<u32> = parents
            .iter()
            .filter(|(child, parent)| is_child(*parent) && !below.contains(child))
            .map(|(child, _)| *child)
            .collect();
        if found.is_empty() {
            return below;
        }
        for child in &found {
            send(*child, Signal::STOP);
        }
        below.extend(found);
    }
}

fn send(id: u32, signal: Signal) {
    // Who has gone meanwhile needs no signal.
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    let _gone = pid.map(|pid| kill_process(pid, signal));
}

/// All processes with their parents, proc(5).
fn parents() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Some((id, stat(id)?.1))).collect()
}

/// State and parent of a process, `proc_pid_stat(5)`.
fn stat(id: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before them stands in parentheses and may hold any.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::{Peer, stat};
    use crate::wait_for;
    use std::process::Command;

    /// Runs no longer: gone, or dead and not yet collected.
    fn is_dead(id: u32) -> bool {
        stat(id).is_none_or(|(state, _)| matches!(state, 'Z' | 'X'))
    }

    #[test]
    fn a_killed_peer_takes_along_what_it_started() {
        let log = std::env::temp_dir().join(format!("peer-{}", std::process::id()));
        let mut shell = Command::new("sh");
        // A worker, a worker of a worker, and one in a session of its own.
        shell.args([
            "-c",
            "sleep 900 & echo $!; sh -c 'sleep 900 & echo $!; wait' & echo $!; \
            setsid sh -c 'echo $$; exec sleep 900' & wait",
        ]);
        let peer = Peer::start(&mut shell, &log).unwrap();
        let workers = wait_for("four workers", || {
            let ids: Vec<u32> = peer.output().lines().filter_map(|id| id.parse().ok()).collect();
            (ids.len() == 4).then_some(ids)
        });
        assert!(!workers.iter().any(|id| is_dead(*id)));
        drop(peer);
        std::fs::remove_file(&log).unwrap();
        wait_for("all workers to be dead", || workers.iter().all(|id| is_dead(*id)).then_some(()));
    }
}

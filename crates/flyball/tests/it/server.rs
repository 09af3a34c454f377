//! A running flyball with a temporary directory.

use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use testkit::http::{self, Reply};
use testkit::{Peer, wait_for};

/// The binary under test.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flyball"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FLYBALL_")) {
        command.env_remove(name);
    }
    command
}

/// A server; killed when dropped, its directory removed.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    flags: Vec<String>,
    peer: Option<Peer>,
    runs: u32,
    env: Vec<(String, String)>,
    wrapper: Vec<String>,
}

impl Server {
    /// Starts with these flags, on a free port, in an empty directory, and waits until it is ready.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut server = Self::prepare(flags);
        server.run();
        server
    }

    /// The same without starting it, so that files can be written first.
    pub(crate) fn prepare(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let (env, wrapper) = Default::default();
        Self { folder, flags, peer: None, runs: 0, env, wrapper }
    }

    /// Writes a file into the directory and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Sets a variable for the next start.
    pub(crate) fn env(&mut self, name: &str, value: &str) {
        self.env.push((name.into(), value.into()));
    }

    /// Lets another program start the next process: its words come first.
    pub(crate) fn wrap(&mut self, words: Vec<String>) {
        self.wrapper = words;
    }

    /// Starts the next process directly again.
    pub(crate) fn unwrap_command(&mut self) {
        self.wrapper.clear();
    }

    /// Starts the process and waits until it is ready.
    pub(crate) fn run(&mut self) {
        self.launch();
        wait_for("flyball to be ready", || {
            self.assert_running();
            let address = self.address_if_known()?;
            http::get(address, "/-/ready").ok().filter(|reply| reply.status == 200)
        });
    }

    /// Starts the process without waiting.
    pub(crate) fn launch(&mut self) {
        self.runs += 1;
        let mut command = self.command();
        command.current_dir(self.folder.path()).args(&self.flags);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if !self.flags.iter().any(|flag| flag.starts_with("--web.listen-address")) {
            command.arg("--web.listen-address=127.0.0.1:0");
        }
        self.peer = Some(Peer::start(&mut command, &self.log_path()).unwrap());
    }

    fn command(&self) -> Command {
        let Some((program, words)) = self.wrapper.split_first() else { return binary() };
        let mut command = Command::new(program);
        command.args(words).arg(env!("CARGO_BIN_EXE_flyball"));
        command
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join(format!("log-{}", self.runs))
    }

    /// What the current run has printed.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn assert_running(&mut self) {
        let ended = self.peer.as_mut().and_then(Peer::ended);
        assert!(ended.is_none(), "flyball ended with {ended:?}:\n{}", self.log());
    }

    /// Where it listens, once it has said so.
    pub(crate) fn address_if_known(&self) -> Option<SocketAddr> {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("msg=listening"))?;
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("url=http://"))?;
        url.split('/').next()?.parse().ok()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address_if_known().unwrap()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("flyball-data")
    }

    /// Process number.
    pub(crate) fn id(&self) -> u32 {
        self.peer.as_ref().unwrap().id()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.peer.take().unwrap().kill();
    }

    /// SIGTERM, then waits for the end.
    pub(crate) fn terminate(&mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        let peer = self.peer.as_mut().unwrap();
        wait_for("flyball to end", || peer.ended())
    }

    /// Sends a signal by name, e.g. `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        http::get(self.address(), path).unwrap()
    }

    /// Value of an instant query: the result's samples as (labels, value).
    pub(crate) fn query(&self, expr: &str) -> Vec<(Value, f64)> {
        let encoded: String = url::form_urlencoded::byte_serialize(expr.as_bytes()).collect();
        let reply = self.get(&format!("/api/v1/query?query={encoded}"));
        assert_eq!(reply.status, 200, "{expr}: {}", reply.text());
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        let samples = body["data"]["result"].as_array().unwrap().iter();
        let value = |sample: &Value| sample["value"][1].as_str().unwrap().parse().unwrap();
        samples.map(|sample| (sample["metric"].clone(), value(sample))).collect()
    }

    /// Waits until a query has an answer that satisfies the condition.
    pub(crate) fn wait_for_query(&self, expr: &str, good: impl Fn(&[(Value, f64)]) -> bool) {
        wait_for(&format!("`{expr}`"), || good(&self.query(expr)).then_some(()));
    }
}

/// Runs a subcommand to its end: exit code, standard output, standard error.
pub(crate) fn run(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let output = binary().current_dir(folder).args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

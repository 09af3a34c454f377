//! A running Alertmanager, Debian's or ours, and both command lines against it.

use crate::server::{Server, binary};
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, http, wait_for};

pub(crate) const CONFIG: &str = "\
route: {receiver: default, group_wait: 1s}
receivers: [{name: default}]
";

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// An Alertmanager on a free port; ends when dropped.
pub(crate) struct Alertmanager {
    folder: TempDir,
    address: SocketAddr,
    amtool: PathBuf,
    _process: Process,
}

#[expect(dead_code, reason = "end what they stand for when they are dropped")]
enum Process {
    Debians(Peer),
    Ours(Server),
}

impl Alertmanager {
    /// With one receiver; `None` when the programs are not installed.
    pub(crate) fn start() -> Option<Self> {
        Self::with(CONFIG)
    }

    pub(crate) fn with(config: &str) -> Option<Self> {
        let program = find_program("prometheus-alertmanager")?;
        let amtool = find_program("amtool")?;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alertmanager.yml");
        fs::write(&file, config).unwrap();
        let address: SocketAddr = format!("127.0.0.1:{}", free_port()).parse().unwrap();
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=");
        let process = Peer::start(&mut command, &folder.path().join("log")).unwrap();
        wait_for("Alertmanager to be ready", || {
            http::get(address, "/-/ready").ok().filter(|reply| reply.status == 200)
        });
        Some(Self { folder, address, amtool, _process: Process::Debians(process) })
    }

    /// This server in the place of Alertmanager; `None` when amtool is not installed.
    pub(crate) fn ours_with(config: &str) -> Option<Self> {
        let amtool = find_program("amtool")?;
        let mut server = Server::prepare(&["--config.file=flyball.yml"]);
        server.write("alertmanager.yml", config);
        server.write("flyball.yml", "alertmanager: alertmanager.yml\ndefault_rules: false\n");
        server.run();
        let (folder, address) = (tempfile::tempdir().unwrap(), server.address());
        Some(Self { folder, address, amtool, _process: Process::Ours(server) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where both programs run; also their home directory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// amtool's settings for ours.
    pub(crate) fn settings(&self, text: &str) {
        let folder = self.folder().join(".config/amtool");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.yml"), text).unwrap();
    }

    /// Ours, asking this server.
    pub(crate) fn ours(&self, words: &[&str]) -> Said {
        // Flags of the whole program stand behind the command's name here.
        let (flags, command): (Vec<&str>, Vec<&str>) =
            words.iter().partition(|word| word.starts_with("--date.format"));
        let url = self.flag(words);
        let flags: Vec<&str> = flags.into_iter().chain(url.as_deref()).collect();
        self.run(&mut binary(), &[&command[..], &flags].concat())
    }

    /// Debian's, asking this server.
    pub(crate) fn theirs(&self, words: &[&str]) -> Said {
        let url = self.flag(words);
        let quiet = url.as_ref().map(|_| "--no-version-check");
        let words: Vec<&str> = words.iter().copied().chain(url.as_deref()).chain(quiet).collect();
        self.run_amtool(&words)
    }

    /// Debian's with exactly these words.
    pub(crate) fn run_amtool(&self, words: &[&str]) -> Said {
        self.run(&mut Command::new(&self.amtool), words)
    }

    /// Commands about files take no server.
    fn flag(&self, words: &[&str]) -> Option<String> {
        let is_local = matches!(words.first(), Some(&("check-config" | "template")));
        (!is_local).then(|| format!("--alertmanager.url=http://{}", self.address))
    }

    pub(crate) fn run(&self, program: &mut Command, words: &[&str]) -> Said {
        let command = program.current_dir(self.folder()).env("HOME", self.folder());
        let output = command.args(words).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Said { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let reply = http::get(self.address, path).unwrap();
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        serde_json::from_slice(&reply.body).unwrap()
    }

    pub(crate) fn silence(&self, id: &str) -> Value {
        self.get(&format!("/api/v2/silence/{id}"))
    }

    /// Waits until the server has routed an alert.
    pub(crate) fn wait_for_alert(&self, name: &str) {
        wait_for(&format!("alert {name}"), || {
            let groups = self.get("/api/v2/alerts/groups");
            groups.to_string().contains(&format!("\"alertname\":\"{name}\"")).then_some(())
        });
    }
}

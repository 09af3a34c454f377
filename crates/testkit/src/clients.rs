//! Clients from PyPI and npm that `cargo xtask setup` installs outside the checkout.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `cargo xtask setup` puts them: a virtual environment of Python with a `node_modules`.
pub const CLIENTS_DIR: &str = "/opt/flyball/clients";

fn clients_dir() -> PathBuf {
    env::var_os("FLYBALL_CLIENTS").map_or_else(|| CLIENTS_DIR.into(), PathBuf::from)
}

/// An interpreter of Python that has these modules; skips the suite when there is none.
pub fn python_with(suite: &str, modules: &[&str]) -> Option<PathBuf> {
    let own = clients_dir().join("bin/python3");
    let all = [own, "/usr/bin/python3".into(), "python3".into()];
    let import = format!("import {}", modules.join(", "));
    let has = |python: &Path| {
        let output = Command::new(python).args(["-c", &import]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let found = all.into_iter().find(|python| has(python));
    if found.is_none() {
        crate::skip(suite, &format!("no python3 with {}", modules.join(", ")));
    }
    found
}

/// A command of Node that finds these packages; skips the suite when one is missing.
pub fn node_with(suite: &str, packages: &[&str]) -> Option<Command> {
    let modules = clients_dir().join("node_modules");
    let missing = packages.iter().find(|package| !modules.join(package).exists());
    if missing.is_some() || crate::find_program("node").is_none() {
        crate::skip(suite, &format!("no node with {}", packages.join(", ")));
        return None;
    }
    let mut command = Command::new("node");
    command.env("NODE_PATH", modules);
    Some(command)
}

//! The page in `crates/ui/web`: its types, its unit tests, and a real browser against the real
//! binary; and pictures of every page. What is not installed is skipped and said.

use crate::Chore;
use crate::run::{answers, cargo, run, target_dir, workspace_root};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's browser.
const CHROMIUM: &str = "/usr/bin/chromium";

fn folder() -> PathBuf {
    workspace_root().join("crates/ui/web")
}

/// Installs the packages of the lock file.
pub(crate) fn install() -> Chore {
    if !answers("npm", &["--version"]) {
        return Err("npm is not there: install Node 20.19 or later with npm".to_owned());
    }
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    run(Command::new("npm").args(words).arg("--prefix").arg(folder()))
}

/// Types, form, unit tests, browser tests of the binary that was built before.
pub(crate) fn test(skipped: &Path, is_strict: bool) -> Chore {
    if let Err(why) = packages() {
        return skip("the page's types and tests", &why, skipped, is_strict);
    }
    run(&mut node("typescript/bin/tsc", &["--noEmit"]))?;
    let sources = ["src/**/*.{ts,tsx,css}", "e2e/**/*.ts", "*.ts"];
    let words = ["--check", "--log-level=warn"].into_iter().chain(sources);
    run(&mut node("prettier/bin/prettier.cjs", &words.collect::<Vec<_>>()))?;
    run(&mut node("vitest/vitest.mjs", &["run"]))?;
    match browser() {
        Ok(()) => run(&mut browser_suite()),
        Err(why) => skip("the page in a browser", &why, skipped, is_strict),
    }
}

/// Writes pictures of every page: light and dark, wide and narrow, with data and without.
pub(crate) fn screenshots(into: Option<&str>) -> Chore {
    packages()?;
    browser()?;
    run(cargo(&["build", "--package", "flyball"]).env("FLYBALL_UI", "required"))?;
    let into = into.map_or_else(|| target_dir().join("screenshots"), PathBuf::from);
    let into = std::path::absolute(&into).map_err(|e| format!("{}: {e}", into.display()))?;
    run(browser_suite().env("FLYBALL_SCREENSHOTS", &into))?;
    println!("screenshots: {}", into.display());
    Ok(())
}

/// Prints what the page costs in a browser, served by the release binary.
pub(crate) fn bench() -> Chore {
    packages()?;
    browser()?;
    let build = ["build", "--release", "--package", "flyball"];
    run(cargo(&build).env("FLYBALL_UI", "required"))?;
    let mut suite = browser_suite();
    suite.env("FLYBALL_BIN", target_dir().join("release/flyball")).env("FLYBALL_UI_BENCH", "1");
    run(suite.arg("--disable-console-intercept"))
}

fn browser_suite() -> Command {
    let config = folder().join("e2e/vitest.config.ts");
    let mut command = node("vitest/vitest.mjs", &["run", "--config"]);
    command.arg(config).env("FLYBALL_BIN", target_dir().join("debug/flyball"));
    command
}

/// A program of the packages, run by node in the page's folder.
fn node(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new("env");
    command.arg("--chdir").arg(folder()).arg("node");
    command.arg(folder().join("node_modules").join(program)).args(words);
    command
}

fn packages() -> Chore {
    if !answers("node", &["--version"]) {
        return Err("node is not installed".to_owned());
    }
    let installed = folder().join("node_modules/vitest/vitest.mjs").is_file();
    if installed { Ok(()) } else { Err("packages are missing: cargo xtask setup".to_owned()) }
}

fn browser() -> Chore {
    let is_there = Path::new(CHROMIUM).exists();
    if is_there { Ok(()) } else { Err(format!("no {CHROMIUM}: cargo xtask setup")) }
}

fn skip(suite: &str, why: &str, skipped: &Path, is_strict: bool) -> Chore {
    if is_strict {
        return Err(format!("SKIPPED {suite}: {why} (strict)"));
    }
    let failed = |error: std::io::Error| format!("{}: {error}", skipped.display());
    let mut log = OpenOptions::new().create(true).append(true).open(skipped).map_err(failed)?;
    log.write_all(format!("SKIPPED {suite}: {why}\n").as_bytes()).map_err(failed)
}

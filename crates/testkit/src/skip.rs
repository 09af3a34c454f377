//! Suites whose peers or data are missing say so and pass; `--strict` turns that into a failure.
//! `cargo xtask test` names a file in `FLYBALL_SKIP_LOG`, because runners hide what passing tests
//! print; without it the line goes to standard error.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Reports that a suite cannot run here.
///
/// # Panics
/// When `FLYBALL_STRICT` is set: in strict runs a skipped suite is a failure.
pub fn skip(suite: &str, why: &str) {
    assert!(env::var_os("FLYBALL_STRICT").is_none(), "SKIPPED {suite}: {why} (strict)");
    let line = format!("SKIPPED {suite}: {why}\n");
    let logged =
        env::var_os("FLYBALL_SKIP_LOG").is_some_and(|path| append(Path::new(&path), &line));
    if !logged {
        std::io::stderr().write_all(line.as_bytes()).expect("standard error takes a line");
    }
}

fn append(path: &Path, line: &str) -> bool {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes())).is_ok()
}

/// A folder of the conformance data, e.g. `prometheus/config`; skips the suite when it is missing.
///
/// Looks in `FLYBALL_CONFORMANCE`, then in `../shared/conformance` beside the checkout.
pub fn conformance_dir(suite: &str, folder: &str) -> Option<PathBuf> {
    let root = env::var_os("FLYBALL_CONFORMANCE").map_or_else(beside_checkout, PathBuf::from);
    let path = root.join(folder);
    if path.exists() {
        return Some(path);
    }
    skip(suite, &format!("no conformance data in {}", path.display()));
    None
}

fn beside_checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance")
}

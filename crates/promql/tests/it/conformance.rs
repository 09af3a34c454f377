//! Where the conformance data lie, and what to say when they are absent.

use std::path::PathBuf;

/// The folder of a suite, or `None` after saying that the suite is skipped.
///
/// # Panics
/// When the folder is absent and `FLYBALL_STRICT=1` forbids skipping.
#[expect(clippy::print_stdout, reason = "a skipped suite must be seen")]
pub(crate) fn suite(name: &str) -> Option<PathBuf> {
    let beside =
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance"));
    let root = std::env::var_os("FLYBALL_CONFORMANCE").map_or_else(beside, PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("FLYBALL_STRICT").is_none_or(|strict| strict != "1"),
        "suite {name} is absent and FLYBALL_STRICT is set"
    );
    println!("SKIPPED {name}: no folder {}", folder.display());
    None
}

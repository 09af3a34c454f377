//! What this binary is: version, commit, compiler, target.

use serde_json::json;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
pub(crate) const REVISION: &str = env!("FLYBALL_REVISION");
pub(crate) const BRANCH: &str = env!("FLYBALL_BRANCH");
pub(crate) const COMPILER: &str = env!("FLYBALL_COMPILER");
pub(crate) const TARGET: &str = env!("FLYBALL_TARGET");

/// One line for people.
pub(crate) fn line() -> String {
    format!("flyball {VERSION} ({REVISION}, {COMPILER}, {TARGET})")
}

/// The same for programs.
pub(crate) fn json() -> String {
    let facts = json!({
        "name": "flyball",
        "version": VERSION,
        "revision": REVISION,
        "branch": BRANCH,
        "compiler": COMPILER,
        "target": TARGET,
    });
    format!("{facts:#}")
}

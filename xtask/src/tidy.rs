//! Checks that keep the house in order: arrows between rooms, sizes, heads, names, invariants,
//! licences. Each check returns its complaints; any complaint fails the chore.
//! Sizes compare with `xtask/tidy-allowances.txt`, whose numbers may only go down.

mod arrows;
mod invariants;
mod licences;
mod source;

use crate::Chore;
use crate::run::{cargo, output, workspace_root};
use std::fs;
use std::path::{Path, PathBuf};

/// One thing that is not in order: `path: what`.
type Complaint = String;

pub(crate) fn run() -> Chore {
    let metadata = output(&mut cargo(&["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let files = rust_files(&workspace_root())?;
    let allowances = read(&workspace_root().join("xtask/tidy-allowances.txt"))?;
    let mut complaints = arrows::check(&metadata)?;
    complaints.extend(licences::check(&metadata)?);
    complaints.extend(source::check(&files, &allowances)?);
    complaints.extend(invariants::check(&read(&workspace_root().join("ARCHITECTURE.md"))?, &files));
    if complaints.is_empty() {
        println!("tidy: {} files in order", files.len());
        return Ok(());
    }
    for complaint in &complaints {
        println!("tidy: {complaint}");
    }
    Err(format!("{} things are not in order", complaints.len()))
}

/// A source file with its path relative to the workspace.
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl SourceFile {
    /// Room the file belongs to: the folder below `crates/`.
    fn room(&self) -> Option<&str> {
        let mut parts = self.path.iter().map(|part| part.to_str().unwrap_or_default());
        (parts.next()? == "crates").then(|| parts.next()).flatten()
    }

    fn is_test(&self) -> bool {
        let below_tests = self.path.iter().any(|part| part == "tests" || part == "benches");
        below_tests || self.path.ends_with("tests.rs") || self.path.iter().any(|p| p == "examples")
    }
}

fn rust_files(root: &Path) -> Result<Vec<SourceFile>, String> {
    let listed = output(std::process::Command::new("git").args([
        "ls-files",
        "-co",
        "--exclude-standard",
        "*.rs",
    ]))?;
    let mut files = Vec::new();
    for line in listed.lines().filter(|line| root.join(line).is_file()) {
        files.push(SourceFile { path: line.into(), text: read(&root.join(line))? });
    }
    Ok(files)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

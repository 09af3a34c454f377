//! Invariants are written once in ARCHITECTURE.md with a number; an assertion or comment in the
//! code and the name of a test repeat it. And files that the map names must exist.

use super::{Complaint, SourceFile};
use crate::run::workspace_root;
use std::collections::BTreeSet;

pub(super) fn check(architecture: &str, files: &[SourceFile]) -> Vec<Complaint> {
    let written = numbers(architecture, "INV-");
    let code = collect(files, |file| !file.is_test(), "INV-");
    let tests = collect(files, |_| true, "fn inv_");
    let mut complaints = Vec::new();
    for number in code.difference(&written) {
        complaints.push(format!(
            "ARCHITECTURE.md: INV-{number} is used in the code and not written down"
        ));
    }
    for number in written.difference(&code) {
        complaints.push(format!("ARCHITECTURE.md: INV-{number} is repeated nowhere in the code"));
    }
    for number in written.difference(&tests) {
        complaints
            .push(format!("ARCHITECTURE.md: INV-{number} has no test named `inv_{number}_...`"));
    }
    complaints.extend(missing_files(architecture));
    complaints
}

fn collect(
    files: &[SourceFile],
    wanted: impl Fn(&SourceFile) -> bool,
    mark: &str,
) -> BTreeSet<u32> {
    let rooms = files.iter().filter(|file| file.room().is_some() && wanted(file));
    rooms.flat_map(|file| numbers(&file.text, mark)).collect()
}

/// Numbers that follow the mark anywhere in the text.
fn numbers(text: &str, mark: &str) -> BTreeSet<u32> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    text.split(mark).skip(1).filter_map(|rest| digits(rest).parse().ok()).collect()
}

/// Every `crates/...rs` between backticks is a file.
fn missing_files(architecture: &str) -> Vec<Complaint> {
    let named = architecture.split('`').filter(|text| text.starts_with("crates/"));
    named
        .filter(|path| !workspace_root().join(path).exists())
        .map(|path| format!("ARCHITECTURE.md: {path} does not exist"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn numbers_follow_their_mark() {
        let found: Vec<u32> = numbers("INV-7: x (INV-12) INV-x", "INV-").into_iter().collect();
        assert_eq!(found, [7, 12]);
    }
}

//! Sizes, heads, names and forbidden calls of single source files and of rooms.

use super::arrows::is_pure;
use super::{Complaint, SourceFile};
use std::collections::BTreeMap;

const FILE_LINES_MAX: usize = 800;
const ROOM_LINES_MAX: usize = 12_000;
const LINE_WIDTH_MAX: usize = 100;

/// Names that say nothing about their content.
const BANNED_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "misc", "manager", "data", "info"];

/// Calls by which time, files and threads would slip into a pure room.
const IMPURE: &[&str] =
    &["Instant::now", "SystemTime::now", "std::fs", "std::env", "thread::sleep"];

pub(super) fn check(files: &[SourceFile], allowances: &str) -> Result<Vec<Complaint>, String> {
    let allowances = parse_allowances(allowances)?;
    let mut complaints = Vec::new();
    let mut rooms: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files {
        let lines = code_lines(&file.text);
        if let Some(room) = file.room().filter(|_| !file.is_test()) {
            *rooms.entry(room).or_default() += lines;
        }
        let path = file.path.to_string_lossy();
        let limit = allowances.get(path.as_ref()).copied().unwrap_or(FILE_LINES_MAX);
        if lines > limit {
            complaints.push(format!("{path}: {lines} code lines, at most {limit}"));
        }
        complaints.extend(file_complaints(file));
    }
    for (room, lines) in rooms {
        if lines > ROOM_LINES_MAX {
            complaints.push(format!("crates/{room}: {lines} code lines, at most {ROOM_LINES_MAX}"));
        }
    }
    Ok(complaints)
}

fn file_complaints(file: &SourceFile) -> Vec<Complaint> {
    let path = file.path.display();
    let mut complaints = Vec::new();
    let stem = file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if BANNED_NAMES.contains(&stem) {
        complaints.push(format!("{path}: `{stem}` says nothing about what is inside"));
    }
    let has_head = file.text.starts_with("//!") || file.text.starts_with("#![no_main]");
    if !has_head && !file.is_test() {
        complaints.push(format!("{path}: no `//!` head that says what this file is"));
    }
    for (number, line) in file.text.lines().enumerate() {
        let at = number + 1;
        if line.chars().count() > LINE_WIDTH_MAX && !file.is_test() && !line.contains("http") {
            complaints.push(format!("{path}:{at}: wider than {LINE_WIDTH_MAX} characters"));
        }
        if line.trim_start().starts_with("#[ignore") {
            complaints.push(format!("{path}:{at}: ignored tests prove nothing"));
        }
    }
    complaints.extend(impure_calls(file));
    complaints
}

fn impure_calls(file: &SourceFile) -> Vec<Complaint> {
    let Some(room) = file.room() else { return Vec::new() };
    if file.is_test() || room == "sys" || !is_pure(room) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        if let Some(call) = IMPURE.iter().find(|call| code.contains(*call)) {
            complaints.push(format!(
                "{}:{}: `{call}` in a pure room; take it as an argument through `sys`",
                file.path.display(),
                number + 1
            ));
        }
    }
    complaints
}

/// Lines that are neither blank nor comments.
fn code_lines(text: &str) -> usize {
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    text.lines().filter(is_code).count()
}

/// `PATH LINES REASON` per line; `#` begins a comment.
fn parse_allowances(text: &str) -> Result<BTreeMap<&str, usize>, String> {
    let mut allowances = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        let (path, lines, reason) = (words.next(), words.next(), words.next());
        let lines = lines.and_then(|lines| lines.parse().ok());
        match (path, lines, reason) {
            (Some(path), Some(lines), Some(_)) => allowances.insert(path, lines),
            _ => return Err(format!("tidy-allowances.txt: `{line}`: expected PATH LINES REASON")),
        };
    }
    Ok(allowances)
}

#[cfg(test)]
mod tests {
    use super::{check, code_lines};
    use crate::tidy::SourceFile;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn comments_and_blank_lines_do_not_count() {
        assert_eq!(code_lines("//! head\n\nfn a() {}\n    // why\n"), 1);
    }

    #[test]
    fn long_files_are_refused_unless_allowed() {
        let long = format!("//! head\n{}", "fn a() {}\n".repeat(801));
        let files = [file("crates/query/src/a.rs", &long)];
        assert_eq!(check(&files, "").expect("parses").len(), 1);
        let allowance = "crates/query/src/a.rs 801 a dispatch table";
        assert!(check(&files, allowance).expect("parses").is_empty());
    }

    #[test]
    fn clocks_in_pure_rooms_are_refused() {
        let text = "//! head\nfn a() { Instant::now(); }\n";
        assert_eq!(check(&[file("crates/query/src/a.rs", text)], "").expect("parses").len(), 1);
        assert!(check(&[file("crates/scrape/src/a.rs", text)], "").expect("parses").is_empty());
    }
}

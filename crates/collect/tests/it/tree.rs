//! A tree of files that stands for a host, unpacked from upstream's text archives; and rendering
//! of families to the lines of the text format.

use collect::{Family, FilesystemSpace, Host, HostFile, OsHost, SystemName};
use model::Timestamp;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// The real files of a tree, with a kernel whose answers are fixed.
pub(crate) struct FixtureHost(pub(crate) OsHost);

impl Host for FixtureHost {
    fn open(&self, path: &Path) -> io::Result<Box<dyn HostFile>> {
        self.0.open(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.0.list(path)
    }

    fn filesystem_space(&self, path: &Path) -> io::Result<FilesystemSpace> {
        if path.ends_with("gone") {
            return Err(io::Error::from_raw_os_error(2));
        }
        Ok(FilesystemSpace {
            block_bytes: 4096,
            blocks: 1000,
            blocks_free: 500,
            blocks_available: 400,
            files: 300,
            files_free: 200,
        })
    }

    fn system_name(&self) -> SystemName {
        let text = |text: &str| text.to_owned();
        SystemName {
            sysname: text("Linux"),
            release: text("6.1.0"),
            version: text("#1 SMP"),
            machine: text("x86_64"),
            nodename: text("fixture"),
            domainname: text("(none)"),
        }
    }

    fn time_zone(&self, _: Timestamp) -> (String, i32) {
        ("CET".into(), 3600)
    }

    fn page_bytes(&self) -> u64 {
        4096
    }
}

/// Unpacks a text archive: entries `Path:` with `Lines:` lines, `Directory:`, `Path:` with
/// `SymlinkTo:`. In lines, NULLBYTE is a zero byte and a last EOF means "no newline at the end".
pub(crate) fn unpack(archive: &str, into: &Path) {
    let mut lines = archive.lines();
    let mut path = None;
    while let Some(line) = lines.next() {
        if let Some(dir) = line.strip_prefix("Directory: ") {
            fs::create_dir_all(into.join(dir)).unwrap();
        } else if let Some(file) = line.strip_prefix("Path: ") {
            path = Some(into.join(file));
        } else if let Some(target) = line.strip_prefix("SymlinkTo: ") {
            symlink(target, path.take().expect("a path precedes its target")).unwrap();
        } else if let Some(count) = line.strip_prefix("Lines: ") {
            let path = path.take().expect("a path precedes its lines");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content(&mut lines, count.parse().unwrap())).unwrap();
        }
    }
}

fn content<'a>(lines: &mut impl Iterator<Item = &'a str>, count: usize) -> String {
    let mut text = String::new();
    for line in lines.take(count) {
        text.push_str(&line.replace("NULLBYTE", "\0"));
        text.push('\n');
    }
    match text.strip_suffix("EOF\n") {
        Some(unended) => unended.to_owned(),
        None => text,
    }
}

/// Copies a tree of plain files.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// Help, type and sample lines of all families that have samples.
pub(crate) fn render(families: &[Family]) -> Vec<String> {
    exposition::render_text(families).lines().map(str::to_owned).collect()
}

/// A line of upstream's output without the labels whose value is empty: they are no labels in the
/// data model.
pub(crate) fn normalise(line: &str) -> String {
    let Some((name, labels)) = line.split_once('{').filter(|_| !line.starts_with('#')) else {
        return line.to_owned();
    };
    let mut kept = Vec::new();
    let mut rest = labels;
    while let Some((label, tail)) = rest.split_once("=\"") {
        let end = closing_quote(tail);
        if end > 0 {
            kept.push(format!("{label}=\"{}\"", &tail[..end]));
        }
        rest = tail[end + 1..].trim_start_matches(',');
    }
    let value = rest.trim_start_matches('}');
    let braces = if kept.is_empty() { String::new() } else { format!("{{{}}}", kept.join(",")) };
    format!("{name}{braces}{value}")
}

fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    let quote = text.char_indices().find(|(_, c)| {
        let is_end = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        is_end
    });
    quote.expect("a label value ends").0
}

/// Metric name of a line.
pub(crate) fn metric(line: &str) -> &str {
    let body =
        line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE ")).unwrap_or(line);
    body.split(['{', ' ']).next().expect("a line has a name")
}

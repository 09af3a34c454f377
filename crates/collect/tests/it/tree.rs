//! A tree of files that stands for a host, unpacked from upstream's text archives; and rendering
//! of families to the lines of the text format.

use collect::{ClockState, Family, FilesystemSpace, Host, HostFile, OsHost, SystemName};
use model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

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

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.0.resolve(path)
    }

    fn modified(&self, _: &Path) -> io::Result<Timestamp> {
        Ok(Timestamp::from_ms(1000))
    }

    fn clock_state(&self) -> io::Result<ClockState> {
        Ok(ClockState::default())
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

/// A host in memory whose files can change between two rounds.
#[derive(Default)]
pub(crate) struct Memory {
    files: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
    opened: Mutex<usize>,
    hanging: Mutex<BTreeSet<PathBuf>>,
    released: Condvar,
    broken: Mutex<BTreeSet<PathBuf>>,
    unreadable: Mutex<BTreeMap<PathBuf, i32>>,
    undated: Mutex<BTreeSet<PathBuf>>,
}

/// A handle that goes bad when its file is removed, as those of sysfs do.
struct MemoryFile {
    host: Arc<Memory>,
    path: PathBuf,
}

impl Memory {
    /// A host with these files; paths are absolute.
    pub(crate) fn new(files: &[(&str, &str)]) -> Arc<Self> {
        let host = Arc::new(Self::default());
        for (path, content) in files {
            host.write(path, content);
        }
        host
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        self.files.lock().unwrap().insert(path.into(), content.into());
    }

    pub(crate) fn remove(&self, path: &str) {
        self.files.lock().unwrap().remove(Path::new(path));
    }

    /// Lets nobody open a file before it is released.
    pub(crate) fn hang(&self, path: &str) {
        self.hanging.lock().unwrap().insert(path.into());
    }

    /// Lets everybody open everything.
    pub(crate) fn release(&self) {
        self.hanging.lock().unwrap().clear();
        self.released.notify_all();
    }

    /// Opening the file is a panic, or not any more.
    pub(crate) fn set_broken(&self, path: &str, is_broken: bool) {
        let mut broken = self.broken.lock().unwrap();
        if is_broken {
            broken.insert(path.into());
        } else {
            broken.clear();
        }
    }

    /// Opening the file or listing the directory is an I/O error.
    pub(crate) fn refuse(&self, path: &str) {
        self.refuse_with(path, 5);
    }

    /// The same with another error.
    pub(crate) fn refuse_with(&self, path: &str, errno: i32) {
        self.unreadable.lock().unwrap().insert(path.into(), errno);
    }

    /// Nobody learns when the file was changed.
    pub(crate) fn date_nothing(&self, path: &str) {
        self.undated.lock().unwrap().insert(path.into());
    }

    fn check_readable(&self, path: &Path) -> io::Result<()> {
        let errno = self.unreadable.lock().unwrap().get(path).copied();
        errno.map_or(Ok(()), |errno| Err(io::Error::from_raw_os_error(errno)))
    }

    fn wait_for(&self, path: &Path) {
        let mut hanging = self.hanging.lock().unwrap();
        while hanging.contains(path) {
            hanging = self.released.wait(hanging).unwrap();
        }
    }

    /// How often files were opened so far.
    pub(crate) fn opened(&self) -> usize {
        *self.opened.lock().unwrap()
    }
}

/// The trait's methods need handles that own their host.
pub(crate) struct MemoryHost(pub(crate) Arc<Memory>);

impl Host for MemoryHost {
    fn open(&self, path: &Path) -> io::Result<Box<dyn HostFile>> {
        self.0.wait_for(path);
        let is_broken = self.0.broken.lock().unwrap().contains(path);
        assert!(!is_broken, "a driver that panics");
        self.0.check_readable(path)?;
        if !self.0.files.lock().unwrap().contains_key(path) {
            return Err(io::Error::from_raw_os_error(2));
        }
        *self.0.opened.lock().unwrap() += 1;
        Ok(Box::new(MemoryFile { host: Arc::clone(&self.0), path: path.into() }))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.0.check_readable(path)?;
        let files = self.0.files.lock().unwrap();
        let inside = files.keys().filter_map(|file| file.strip_prefix(path).ok());
        let first = |file: &Path| file.iter().next().map(|n| n.to_string_lossy().into_owned());
        let names: BTreeSet<_> = inside.filter_map(first).collect();
        if names.is_empty() {
            return Err(io::Error::from_raw_os_error(2));
        }
        Ok(names.into_iter().collect())
    }

    fn filesystem_space(&self, path: &Path) -> io::Result<FilesystemSpace> {
        FixtureHost(OsHost::new()).filesystem_space(path)
    }

    fn system_name(&self) -> SystemName {
        SystemName::default()
    }

    fn time_zone(&self, _: Timestamp) -> (String, i32) {
        ("UTC".into(), 0)
    }

    fn page_bytes(&self) -> u64 {
        65_536
    }

    fn resolve(&self, _: &Path) -> io::Result<PathBuf> {
        Err(io::Error::from_raw_os_error(2))
    }

    fn modified(&self, path: &Path) -> io::Result<Timestamp> {
        if self.0.undated.lock().unwrap().contains(path) {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(Timestamp::from_ms(1000))
    }

    fn clock_state(&self) -> io::Result<ClockState> {
        Err(io::Error::from_raw_os_error(1))
    }
}

impl HostFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let files = self.host.files.lock().unwrap();
        // ENODEV, as a device that was taken out answers.
        let content = files.get(&self.path).ok_or(io::Error::from_raw_os_error(19))?;
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        // Short reads, as seq_file gives them.
        let count = rest.len().min(buffer.len()).min(1000);
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

//! Follows a log file: reads what is new since the last time, goes on in a new file when the old
//! one was moved away, begins anew when it was cut. The first reading begins at the end.

use crate::{Fault, Reason};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt as _;

/// Most bytes of one reading; what is beyond is read the next time.
const READING_BYTES_MAX: u64 = 16 << 20;
/// Longest line; a longer one is skipped.
const LINE_BYTES_MAX: usize = 64 << 10;

/// A file that is followed.
#[derive(Debug)]
pub(super) struct Follower {
    path: String,
    open: Option<Open>,
    /// Was the file there at the first reading, or seen since?
    began: bool,
}

#[derive(Debug)]
struct Open {
    file: std::fs::File,
    inode: u64,
    at: u64,
    /// The beginning of a line whose end is not written yet.
    rest: Vec<u8>,
}

impl Follower {
    /// Follows the file of this path.
    pub(super) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), open: None, began: false }
    }

    /// Hands every whole new line to `each`.
    ///
    /// # Errors
    /// When the file cannot be read; the next reading tries again.
    pub(super) fn read(&mut self, mut each: impl FnMut(&str)) -> Result<(), Fault> {
        let path = &self.path;
        let refuse = |error: io::Error| {
            let reason = match error.kind() {
                io::ErrorKind::PermissionDenied => Reason::Permission,
                _ => Reason::Io,
            };
            Fault::new(reason, format!("cannot read {path}: {error}"))
        };
        if let Some(open) = &mut self.open {
            open.lines(&mut each).map_err(refuse)?;
        }
        let now = match std::fs::metadata(path) {
            Ok(now) => now,
            // Moved away and not made anew yet: what is open is read on.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.open.is_some() => {
                return Ok(());
            }
            Err(error) => {
                self.began = true;
                return Err(refuse(error));
            }
        };
        if self.open.as_ref().is_some_and(|open| open.inode == now.ino()) {
            return Ok(());
        }
        let mut file = std::fs::File::open(path).map_err(refuse)?;
        let inode = file.metadata().map_err(refuse)?.ino();
        // Old lines of the first file were counted by nobody and are not counted now.
        let from = if self.began { SeekFrom::Start(0) } else { SeekFrom::End(0) };
        let at = file.seek(from).map_err(refuse)?;
        self.began = true;
        let mut open = Open { file, inode, at, rest: Vec::new() };
        let read = open.lines(&mut each);
        self.open = Some(open);
        read.map_err(|error| Fault::new(Reason::Io, format!("cannot read {}: {error}", self.path)))
    }
}

impl Open {
    fn lines(&mut self, each: &mut impl FnMut(&str)) -> io::Result<()> {
        if self.file.metadata()?.len() < self.at {
            // Cut: what was in it is gone.
            self.at = 0;
            self.rest.clear();
        }
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut bytes = std::mem::take(&mut self.rest);
        self.at += (&self.file).take(READING_BYTES_MAX).read_to_end(&mut bytes)? as u64;
        let mut from = 0;
        while let Some(len) = bytes[from..].iter().position(|byte| *byte == b'\n') {
            let line = &bytes[from..from + len];
            if line.len() <= LINE_BYTES_MAX {
                each(&String::from_utf8_lossy(line));
            }
            from += len + 1;
        }
        self.rest = bytes.split_off(from);
        if self.rest.len() > LINE_BYTES_MAX {
            // Its end will come as a line that does not have the format.
            self.rest.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Follower;
    use std::fs::{self, File, OpenOptions};
    use std::io::Write as _;
    use std::path::Path;

    fn append(path: &Path, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn read(follower: &mut Follower) -> Vec<String> {
        let mut lines = Vec::new();
        follower.read(|line| lines.push(line.to_owned())).unwrap();
        lines
    }

    #[test]
    fn new_lines_are_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "old\n");
        let mut follower = Follower::new(path.to_str().unwrap());
        assert!(read(&mut follower).is_empty(), "what was there before is not counted");
        append(&path, "a\nb\nhalf");
        assert_eq!(read(&mut follower), ["a", "b"]);
        append(&path, " whole\n");
        assert_eq!(read(&mut follower), ["half whole"]);
        assert!(read(&mut follower).is_empty());
    }

    #[test]
    fn moved_and_cut_files_lose_nothing_that_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "");
        let mut follower = Follower::new(path.to_str().unwrap());
        read(&mut follower);
        append(&path, "1\n");
        let moved = dir.path().join("log.1");
        fs::rename(&path, &moved).unwrap();
        append(&moved, "2\n");
        assert_eq!(read(&mut follower), ["1", "2"], "nginx writes on until it opens the new file");
        append(&moved, "3\n");
        append(&path, "4 is long\n");
        assert_eq!(read(&mut follower), ["3", "4 is long"]);
        File::create(&path).unwrap();
        append(&path, "5\n");
        assert_eq!(read(&mut follower).last().unwrap(), "5", "copied and cut");
    }

    #[test]
    fn a_file_that_comes_later_is_read_from_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut follower = Follower::new(path.to_str().unwrap());
        let fault = follower.read(|_| {}).unwrap_err();
        assert!(fault.message.contains("cannot read"), "{fault}");
        append(&path, "1\n");
        assert_eq!(read(&mut follower), ["1"]);
        append(&path, &format!("{}\n2\n", "x".repeat(70_000)));
        assert_eq!(read(&mut follower), ["2"], "a line without end is skipped");
    }
}

//! Finds out whether somebody holds a data directory, without touching its lock: even a moment's
//! hold could make a server that starts just then give up.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Is the lock of this data directory held? False where that cannot be found out.
pub(super) fn is_held(dir: &Path) -> bool {
    let Ok(metadata) = fs::metadata(dir.join("LOCK")) else { return false };
    let Ok(locks) = fs::read_to_string("/proc/locks") else { return false };
    is_listed(&locks, metadata.ino())
}

/// Lines of /proc/locks: `1: FLOCK ADVISORY WRITE 708 08:01:2359348 0 EOF`; the sixth word is
/// device and inode. Overlay filesystems show another device there than stat(2), so the inode
/// decides; a wrong guess costs one needless sentence.
fn is_listed(locks: &str, inode: u64) -> bool {
    let inode_of = |line: &str| line.split_whitespace().nth(5)?.rsplit(':').next()?.parse().ok();
    let is_exclusive = |line: &&str| line.contains(" FLOCK ") && line.contains(" WRITE ");
    locks.lines().filter(is_exclusive).any(|line| inode_of(line) == Some(inode))
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn only_an_exclusive_lock_on_the_same_file_counts() {
        let locks = "1: FLOCK  ADVISORY  WRITE 708 08:01:42 0 EOF\n\
                     2: POSIX  ADVISORY  WRITE 9 08:01:43 0 EOF\n\
                     3: FLOCK  ADVISORY  READ 9 08:01:44 0 EOF\nnonsense\n";
        assert!(is_listed(locks, 42));
        assert!(!is_listed(locks, 43));
        assert!(!is_listed(locks, 44));
        assert!(!is_listed(locks, 4));
        assert!(!is_listed("", 42));
    }
}
